//! How handlers describe themselves for the OpenAPI 3.1 document.

use std::collections::BTreeSet;

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// What a handler takes; it tells the document about itself.
pub trait Input {
    /// Whether it looks at the query: only then may there be one.
    const READS_QUERY: bool = false;
    /// Whether it reads the body.
    const READS_BODY: bool = false;

    /// Adds itself to the operation.
    fn describe(operation: &mut Operation);
}

impl<S> Input for axum::extract::State<S> {
    /// What a function stands on is no part of its contract.
    fn describe(_: &mut Operation) {}
}

/// What a handler answers; it tells the document about itself.
pub trait Output {
    /// Adds itself to the operation.
    fn describe(operation: &mut Operation);
}

/// One operation of the document while it is described.
pub struct Operation {
    pub(crate) generator: SchemaGenerator,
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Value>,
    pub(crate) answers: Map<String, Value>,
    pub(crate) refusals: BTreeSet<u16>,
}

impl Operation {
    /// The body that is sent.
    pub fn body<T: JsonSchema>(&mut self) {
        let schema = self.generator.subschema_for::<T>();
        self.body = Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}));
        self.refuses(&[415, 422]);
    }

    /// The body that may be sent.
    pub fn optional_body<T: JsonSchema>(&mut self) {
        self.body::<T>();
        if let Some(body) = &mut self.body {
            body["required"] = json!(false);
        }
    }

    /// An answer with a body, and headers that come with it.
    pub fn answer<T: JsonSchema>(&mut self, status: u16, description: &str, headers: &[(&str, &str)]) {
        let schema = self.generator.subschema_for::<T>().to_value();
        self.answer_as(status, description, ("application/json", schema), headers);
    }

    /// An answer with a body of that media type and form, and headers that come with it.
    pub fn answer_as(
        &mut self,
        status: u16,
        description: &str,
        (media_type, schema): (&str, Value),
        headers: &[(&str, &str)],
    ) {
        let mut answer = json!({"description": description, "content": {media_type: {"schema": schema}}});
        if !headers.is_empty() {
            let headers = headers.iter().map(|(name, about)| {
                ((*name).to_owned(), json!({"description": about, "schema": {"type": "string"}}))
            });
            answer["headers"] = headers.collect::<Map<_, _>>().into();
        }
        self.answers.insert(status.to_string(), answer);
    }

    /// That each answer with a body may have this one instead.
    pub fn or<T: JsonSchema>(&mut self) {
        let other = self.generator.subschema_for::<T>();
        for (_, answer) in &mut self.answers {
            if let Some(schema) = answer.pointer_mut("/content/application~1json/schema") {
                *schema = json!({"anyOf": [schema.take(), other]});
            }
        }
    }

    /// An answer without a body.
    pub fn empty_answer(&mut self, status: u16, description: &str) {
        self.answers.insert(status.to_string(), json!({"description": description}));
    }

    /// Statuses of refusals that come of what is described.
    pub fn refuses(&mut self, statuses: &[u16]) {
        self.refusals.extend(statuses);
    }

    /// A header that may be sent, in this form.
    pub fn header(&mut self, name: &str, description: &str, schema: Value) {
        self.parameter("header", name, (false, description), schema);
    }

    /// A parameter of the query.
    pub fn query_parameter(&mut self, name: &str, description: &str, schema: Value) {
        self.parameter("query", name, (false, description), schema);
        self.refuses(&[422]);
    }

    /// The members of a type as parameters of the query.
    pub fn query<T: JsonSchema>(&mut self) {
        self.members::<T>("query");
        self.refuses(&[422]);
    }

    /// The members of a type as parameters of the path.
    pub fn path<T: JsonSchema>(&mut self) {
        self.members::<T>("path");
    }

    fn members<T: JsonSchema>(&mut self, place: &str) {
        let schema = T::json_schema(&mut self.generator).to_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let description = description.unwrap_or_default();
            let is_required = required.contains(&json!(name));
            not_null(&mut schema);
            self.parameter(place, name, (is_required, description.as_str().unwrap_or_default()), schema);
        }
    }

    pub(crate) fn parameter(
        &mut self,
        place: &str,
        name: &str,
        (is_required, description): (bool, &str),
        schema: Value,
    ) {
        let mut parameter = json!({"name": name, "in": place, "schema": schema});
        if is_required {
            parameter["required"] = json!(true);
        }
        if !description.is_empty() {
            parameter["description"] = json!(description);
        }
        // Members that have no fixed names are parameters of their own.
        if parameter["schema"]["type"] == "object" {
            parameter["style"] = json!("form");
            parameter["explode"] = json!(true);
        }
        self.parameters.push(parameter);
    }
}

/// What may be left out is null in a body; a path and a query have no null.
fn not_null(schema: &mut Value) {
    let null = json!("null");
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|kind| *kind != null);
        if let [one] = types.as_slice() {
            schema["type"] = one.clone();
        }
    }
    if let Some(forms) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        forms.retain(|form| form["type"] != null);
        if let [one] = forms.as_slice() {
            *schema = one.clone();
        }
    }
}
