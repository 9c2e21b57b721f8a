//! Every permission of the platform, declared once: variant, name, group, what it allows to do, and what it lets see.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! permissions {
    ($($group:literal { $($variant:ident = $name:literal, $description:literal, $sees:literal;)+ })+) => {
        /// One right that a token can hold and that a role may allow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($(#[doc = $description] $variant,)+)+ }

        impl Permission {
            /// All permissions, in the order of the catalogue.
            pub const ALL: &[Permission] = &[$($(Permission::$variant,)+)+];

            /// The name that clients, tokens and documents use.
            pub const fn name(self) -> &'static str {
                match self { $($(Permission::$variant => $name,)+)+ }
            }

            /// What it allows to do, for people.
            pub const fn description(self) -> &'static str {
                match self { $($(Permission::$variant => $description,)+)+ }
            }

            /// What whoever has it alone gets to see, for people.
            pub const fn sees(self) -> &'static str {
                match self { $($(Permission::$variant => $sees,)+)+ }
            }

            /// The heading it stands under in the catalogue.
            pub const fn group(self) -> &'static str {
                match self { $($(Permission::$variant => $group,)+)+ }
            }
        }
    };
}

permissions! {
    "Objects" {
        ObjectCreate = "object:create", "Create objects.", "The id, and what was sent.";
        ObjectRead = "object:read", "Read and search objects.", "All objects, how many there are, and what was changed of them, under the labels of their fields, by whom and with which token.";
        ObjectUpdate = "object:update", "Change objects, and restore them from the trash.", "The id, and what was sent. A refusal may tell that another object has a unique value, that a value is set which is set once, or that an object is full.";
        ObjectDelete = "object:delete", "Move objects to the trash.", "Whether there is one of that id.";
        ObjectForceDelete = "object:force-delete", "Destroy objects for good.", "Whether there is one of that id.";
    }
    "Object types" {
        ObjectTypeCreate = "object-type:create", "Create object types, also like another one.", "What was sent; nothing of the other one.";
        ObjectTypeRead = "object-type:read", "Read object types and their fields.", "All types and fields. How many objects a change concerns needs object:read as well.";
        ObjectTypeUpdate = "object-type:update", "Change object types and their fields, and restore them from the trash. What objects may contradict needs object:read as well.", "What was sent, and in a refusal what stands against it.";
        ObjectTypeDelete = "object-type:delete", "Move object types to the trash.", "Whether there is one of that name.";
        ObjectTypeForceDelete = "object-type:force-delete", "Destroy object types for good.", "Whether there is one of that name.";
    }
    "Forms" {
        FormCreate = "form:create", "Create forms.", "The id, and what was sent.";
        FormRead = "form:read", "Read forms.", "All forms and their settings.";
        FormUpdate = "form:update", "Change forms and their fields.", "The id, and what was sent.";
        FormDelete = "form:delete", "Move forms to the trash.", "Whether there is one of that id.";
        FormForceDelete = "form:force-delete", "Destroy forms for good.", "Whether there is one of that id.";
    }
    "Views" {
        ViewCreate = "view:create", "Create views and dashboards.", "The id, and what was sent.";
        ViewRead = "view:read", "Read views and dashboards.", "All views and dashboards with their settings, and of objects what restricted views show; what other views show needs object:read as well.";
        ViewUpdate = "view:update", "Change views, their settings and filters.", "The id, and what was sent.";
        ViewDelete = "view:delete", "Move views to the trash.", "Whether there is one of that id.";
        ViewForceDelete = "view:force-delete", "Destroy views for good.", "Whether there is one of that id.";
    }
    "Integrations" {
        IntegrationCreate = "integration:create", "Set up integrations with other services.", "The id, and what was sent.";
        IntegrationRead = "integration:read", "Read integrations.", "All integrations and their settings.";
        IntegrationUpdate = "integration:update", "Change the settings of integrations.", "The id, and what was sent.";
        IntegrationDelete = "integration:delete", "Move integrations to the trash.", "Whether there is one of that id.";
        IntegrationForceDelete = "integration:force-delete", "Destroy integrations for good.", "Whether there is one of that id.";
    }
    "Webhooks" {
        WebhookCreate = "webhook:create", "Create webhooks, as services do that subscribe to events.", "Which objects change, and when, whatever else may not be read: the receiver is told.";
        WebhookRead = "webhook:read", "Read webhooks and their deliveries.", "All webhooks, and what was sent to their receivers and answered.";
        WebhookUpdate = "webhook:update", "Change the URL, the topics and the settings of webhooks.", "Which objects change, and when, whatever else may not be read: the receiver is told.";
        WebhookDelete = "webhook:delete", "Move webhooks to the trash.", "Whether there is one of that id.";
        WebhookForceDelete = "webhook:force-delete", "Destroy webhooks for good.", "Whether there is one of that id.";
    }
    "Team" {
        TeamBilling = "team:billing", "Change the plan and the billing.", "Plan, usage and invoices.";
        TeamImport = "team:import", "Import data into the team.", "Nothing of what is there.";
        TeamManageAppearance = "team:manage-appearance", "Change theme and branding.", "Theme and branding, which every member sees.";
        TeamManageMembers = "team:manage-members", "Invite and remove members, and change roles. A token gives and takes only roles all of whose permissions it has, and never the owner's.", "Members and invitations, with names and e-mail addresses.";
        TeamUpdate = "team:update", "Change the general settings of the team.", "The settings, which every member sees.";
    }
    "Audit logs, backups and uploads" {
        AuditLogRead = "audit-log:read", "Read the audit log.", "Who did what, from where, and the values before and after, of objects, members, tokens and all else, whatever else may not be read.";
        BackupRead = "backup:read", "List and download backups.", "All that the team has.";
        BackupCreate = "backup:create", "Create backups.", "Nothing of what is in them.";
        Upload = "upload", "Upload files, images and media.", "One's own uploads.";
    }
}

impl Permission {
    /// The permission of that name; a name that no longer exists grants nothing.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name() == name)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| de::Error::custom(format_args!("no permission is called {name:?}")))
    }
}

impl JsonSchema for Permission {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Permission".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "enum": Self::ALL})
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u64);

const _: () = assert!(Permission::ALL.len() <= u64::BITS as usize);

impl Permissions {
    /// No permission at all.
    pub const NONE: Self = Self(0);

    /// Every permission there is.
    pub const fn all() -> Self {
        Self::of(Permission::ALL)
    }

    /// The set of those listed.
    pub const fn of(list: &[Permission]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < list.len() {
            bits |= 1 << list[i] as u64;
            i += 1;
        }
        Self(bits)
    }

    /// Whether the permission is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Those in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those here that `other` lacks.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }

    /// The names, joined by spaces: the form of the authorizer's context.
    pub fn names(self) -> String {
        self.iter().map(Permission::name).collect::<Vec<_>>().join(" ")
    }

    /// Reads what [`Permissions::names`] wrote; unknown names grant nothing.
    pub fn parse_names(names: &str) -> Self {
        names.split(' ').filter_map(Permission::parse).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(list: I) -> Self {
        list.into_iter().fold(Self::NONE, |set, permission| set.union(Self::of(&[permission])))
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    /// Unknown names are left out: a stored permission that was abolished grants nothing.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().filter_map(|name| Permission::parse(name)).collect())
    }
}

impl JsonSchema for Permissions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Permissions".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let item = generator.subschema_for::<Permission>();
        schemars::json_schema!({"type": "array", "items": item, "uniqueItems": true})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_thirty_nine_and_each_name_leads_back() {
        assert_eq!(Permission::ALL.len(), 39);
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(*permission));
        }
    }

    #[test]
    fn a_name_that_is_unknown_grants_nothing() {
        assert_eq!(Permission::parse("object:*"), None);
        assert_eq!(
            Permissions::parse_names("object:read * object:everything"),
            Permissions::of(&[Permission::ObjectRead])
        );
        assert_eq!(Permissions::parse_names(""), Permissions::NONE);
    }

    #[test]
    fn sets_keep_names_through_text() {
        let all = Permissions::all();
        assert_eq!(Permissions::parse_names(&all.names()), all);
        assert!(all.without(all).is_empty());
    }

    #[test]
    fn sets_are_joined_cut_and_told_apart() {
        let (one, other) = (Permission::ObjectRead, Permission::Upload);
        let (both, first) = (Permissions::of(&[one, other]), Permissions::of(&[one]));
        assert_eq!(first.union(Permissions::of(&[other])), both);
        assert_eq!(both.union(first), both);
        assert_eq!(both.intersection(first), first);
        assert_eq!(both.without(first), Permissions::of(&[other]));
        assert!(first.contains(one) && !first.contains(other));
        assert!(Permissions::NONE.is_empty() && !first.is_empty());
        assert_eq!([one, other, one].into_iter().collect::<Permissions>(), both);
        assert_eq!(
            (both.iter().collect::<Vec<_>>(), both.names().as_str()),
            (vec![one, other], "object:read upload")
        );
    }

    #[test]
    fn a_permission_is_written_by_its_name_and_read_by_no_other() {
        assert_eq!(Permission::ObjectRead.to_string(), "object:read");
        assert_eq!(serde_json::to_value(Permission::ObjectRead).unwrap(), "object:read");
        assert_eq!(serde_json::from_str::<Permission>(r#""object:read""#).unwrap(), Permission::ObjectRead);
        let error = serde_json::from_str::<Permission>(r#""object:*""#).unwrap_err().to_string();
        assert!(error.starts_with(r#"no permission is called "object:*""#), "{error}");
    }

    #[test]
    fn a_set_is_a_list_of_names_of_which_unknown_ones_grant_nothing() {
        let set = Permissions::of(&[Permission::Upload, Permission::ObjectRead]);
        assert_eq!(serde_json::to_value(set).unwrap(), serde_json::json!(["object:read", "upload"]));
        let read: Permissions =
            serde_json::from_str(r#"["upload", "gone", "object:read", "upload"]"#).unwrap();
        assert_eq!(read, set);
        assert!(serde_json::from_str::<Permissions>(r#""upload""#).is_err());
    }

    #[test]
    fn the_document_lists_every_name() {
        let schema = schemars::schema_for!(Permissions).to_value();
        assert_eq!((&schema["type"], &schema["uniqueItems"]), (&"array".into(), &true.into()));
        assert_eq!(
            (&schema["title"], &schema["items"]["$ref"]),
            (&"Permissions".into(), &"#/$defs/Permission".into())
        );
        let names = &schema["$defs"]["Permission"]["enum"];
        assert_eq!(names, &serde_json::to_value(Permission::ALL).unwrap());
    }
}
