//! Teams: the user and the teams of the user, the members of a team, invitations to it, and the tokens that can
//! access it.

mod grant;
mod handlers;
mod invitations;
mod members;
mod room;
mod settings;
mod store;
mod team;
mod tokens;

use api::Routes;
use base::{
    Permission::{TeamManageMembers, TeamUpdate},
    access::Access::{Anyone, Owner, SelfOr, Session},
};

pub use store::Store;

/// The table.
pub fn routes() -> Routes<Store> {
    Routes::new("Teams", "/v1")
        .about("Teams, their members, and invitations to them.")
        .get("/me", Anyone, "See who you are and what you may do where", handlers::me)
        .get("/teams", Anyone, "List your teams", handlers::list)
        .post("/teams", Session, "Create a team", handlers::create)
        .get("/teams/{team}", Anyone, "Read a team", handlers::read)
        .patch(
            "/teams/{team}",
            TeamUpdate,
            "Rename a team, or limit the life of tokens in it",
            handlers::update,
        )
        .get("/teams/{team}/tokens", Owner, "List the tokens that reach a team", handlers::list_tokens)
        .delete("/teams/{team}/tokens/{token}", Owner, "Block a token in a team", handlers::block_token)
        .post(
            "/teams/{team}/tokens/{token}/restore",
            Session,
            "Undo the block of a token in a team",
            handlers::unblock_token,
        )
        .get("/teams/{team}/members", TeamManageMembers, "List the members", handlers::list_members)
        .patch(
            "/teams/{team}/members/{user}",
            TeamManageMembers,
            "Change a member's role",
            handlers::update_member,
        )
        .delete(
            "/teams/{team}/members/{user}",
            SelfOr(TeamManageMembers),
            "Remove a member, or leave",
            handlers::remove_member,
        )
        .post("/teams/{team}/invitations", TeamManageMembers, "Invite somebody", handlers::invite)
        .get(
            "/teams/{team}/invitations",
            TeamManageMembers,
            "List the open invitations",
            handlers::list_invitations,
        )
        .delete(
            "/teams/{team}/invitations/{invitation}",
            TeamManageMembers,
            "Withdraw an invitation",
            handlers::withdraw_invitation,
        )
        .post("/invitations/accept", Session, "Accept an invitation", handlers::accept_invitation)
        .refusing(&[404])
}
