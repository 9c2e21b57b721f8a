//! The seven roles a member can have in a team, and what each may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::permission::{
    Permission::{
        self, BackupCreate, BackupRead, FormCreate, FormDelete, FormRead, FormUpdate, IntegrationCreate,
        IntegrationDelete, IntegrationRead, IntegrationUpdate, ObjectCreate, ObjectDelete, ObjectRead,
        ObjectTypeCreate, ObjectTypeDelete, ObjectTypeRead, ObjectTypeUpdate, ObjectUpdate, TeamImport,
        TeamManageAppearance, TeamManageMembers, TeamUpdate, Upload, ViewCreate, ViewDelete, ViewRead,
        ViewUpdate, WebhookCreate, WebhookDelete, WebhookRead, WebhookUpdate,
    },
    Permissions,
};

/// What a member is in a team; one per member and team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// May look at things.
    ViewOnly,
    /// May also change objects and upload files.
    UpdateOnly,
    /// May also create objects.
    Member,
    /// May also move objects to the trash.
    Manager,
    /// May also shape the team: types, forms, views, integrations, webhooks, members.
    Administrator,
    /// May do everything.
    Owner,
    /// May see and change billing, and nothing else.
    BillingManager,
}

const VIEW_ONLY: Permissions = Permissions::of(&[ObjectRead, ObjectTypeRead, FormRead, ViewRead]);
const UPDATE_ONLY: Permissions = VIEW_ONLY.union(Permissions::of(&[ObjectUpdate, Upload]));
const MEMBER: Permissions = UPDATE_ONLY.union(Permissions::of(&[ObjectCreate]));
const MANAGER: Permissions = MEMBER.union(Permissions::of(&[ObjectDelete]));
const ADMINISTRATOR: Permissions = MANAGER.union(Permissions::of(&[
    ObjectTypeCreate,
    ObjectTypeUpdate,
    ObjectTypeDelete,
    FormCreate,
    FormUpdate,
    FormDelete,
    ViewCreate,
    ViewUpdate,
    ViewDelete,
    IntegrationCreate,
    IntegrationRead,
    IntegrationUpdate,
    IntegrationDelete,
    WebhookCreate,
    WebhookRead,
    WebhookUpdate,
    WebhookDelete,
    TeamImport,
    TeamManageAppearance,
    TeamManageMembers,
    TeamUpdate,
    BackupRead,
    BackupCreate,
]));

impl Role {
    /// All roles, the narrowest first.
    pub const ALL: &[Role] = &[
        Role::ViewOnly,
        Role::UpdateOnly,
        Role::Member,
        Role::Manager,
        Role::Administrator,
        Role::Owner,
        Role::BillingManager,
    ];

    /// What a member with this role may do.
    pub const fn permissions(self) -> Permissions {
        match self {
            Role::ViewOnly => VIEW_ONLY,
            Role::UpdateOnly => UPDATE_ONLY,
            Role::Member => MEMBER,
            Role::Manager => MANAGER,
            Role::Administrator => ADMINISTRATOR,
            Role::Owner => Permissions::all(),
            Role::BillingManager => Permissions::of(&[Permission::TeamBilling]),
        }
    }

    /// The name that clients use.
    pub const fn name(self) -> &'static str {
        match self {
            Role::ViewOnly => "view-only",
            Role::UpdateOnly => "update-only",
            Role::Member => "member",
            Role::Manager => "manager",
            Role::Administrator => "administrator",
            Role::Owner => "owner",
            Role::BillingManager => "billing-manager",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// Whether someone of this role may give `other` to a member or take it away: only an owner makes or unmakes owners.
    pub fn may_grant(self, other: Role) -> bool {
        self == Role::Owner || other != Role::Owner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_contract_holds() {
        let count = |role: Role| role.permissions().iter().count();
        assert_eq!(Role::ALL.iter().map(|role| count(*role)).collect::<Vec<_>>(), [4, 6, 7, 8, 31, 39, 1]);
    }

    #[test]
    fn only_an_owner_destroys_or_reads_the_audit_log() {
        for role in Role::ALL.iter().filter(|role| **role != Role::Owner) {
            for permission in Permission::ALL.iter().filter(|p| p.name().ends_with(":force-delete")) {
                assert!(!role.permissions().contains(*permission), "{role:?} {permission}");
            }
            assert!(!role.permissions().contains(Permission::AuditLogRead));
        }
    }

    #[test]
    fn names_lead_back_and_equal_the_serialised_form() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(*role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
    }

    #[test]
    fn an_administrator_neither_makes_nor_unmakes_owners() {
        assert!(!Role::Administrator.may_grant(Role::Owner));
        assert!(Role::Administrator.may_grant(Role::Administrator));
        assert!(Role::Owner.may_grant(Role::Owner));
    }

    #[test]
    fn a_name_of_no_role_is_none() {
        assert_eq!((Role::parse("Owner"), Role::parse("")), (None, None));
    }

    #[test]
    fn only_an_owner_grants_the_role_of_one() {
        for role in Role::ALL {
            assert_eq!(role.may_grant(Role::Owner), *role == Role::Owner);
            assert!(role.may_grant(Role::ViewOnly));
        }
    }
}
