//! What is answered to a submission.

use base::Result;
use records::object_type::FieldValues;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::Form;

/// The most characters of a URL with values.
const REDIRECT_LENGTH_MAX: usize = 4_096;

/// What is answered to a submission: a message, or where to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmed {
    /// A message, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// In its place a URL to go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
}

impl Confirmed {
    /// What the form answers to these values.
    ///
    /// # Errors
    /// 500: where the form leads is a URL, as it was checked when it was saved.
    pub fn of(form: &Form, values: &FieldValues) -> Result<Self> {
        let redirect = form.confirmation.redirect.as_deref().map(Url::parse).transpose();
        let mut redirect = redirect.map_err(anyhow::Error::from)?;
        if let Some(url) = &mut redirect {
            for slug in &form.confirmation.append {
                let Some(value) = values.get(slug) else { continue };
                let mut longer = url.clone();
                longer.query_pairs_mut().append_pair(slug.as_str(), &value.display());
                // A header has an end, on gateways and in browsers: what goes beyond it is left out.
                if longer.as_str().len() <= REDIRECT_LENGTH_MAX {
                    *url = longer;
                }
            }
        }
        Ok(Self { message: form.confirmation.message.clone(), redirect: redirect.map(String::from) })
    }
}
