//! How long a token may live, by the teams that it reaches.

use base::{Error, Fault, Result, Violation, id::TeamId};
use gate::{
    identity::{Membership, user_partition},
    token::StoredToken,
};
use table::{TableQuery, decode};

use crate::store::Store;

impl Store {
    /// Refuses a life that a team of the user does not allow to the tokens that reach it.
    pub(crate) async fn check_lifetime(&self, token: &StoredToken) -> Result<()> {
        let mut after = None;
        loop {
            let query = TableQuery::partition(user_partition(&token.user)).prefix("TEAM#").after(after);
            let found = self.identity.query(query).await?;
            for item in found.items {
                let Membership { team, token_lifetime_days_max: days, .. } = decode(item)?;
                let is_meant = token.team_ids.as_ref().is_none_or(|teams| teams.contains(&team));
                if let Some(days) = days
                    .filter(|days| is_meant && !token.lives_at_most(Some(*days), token.latest_issued_at()))
                {
                    return Err(too_long(&team, days));
                }
            }
            after = found.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

fn too_long(team: &TeamId, days: u32) -> Error {
    let detail = format!(
        "Tokens that reach the team {team} may live {days} days at most: give an earlier end, or limit the token to other teams by team_ids."
    );
    Error::unprocessable(vec![Fault::new("/expires_at", Violation::TooLate, detail)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Code;

    use crate::change::{name_taken, too_many};

    #[test]
    fn each_refusal_says_what_to_do() {
        let team = TeamId::parse("team_1111111111111111111111").unwrap();
        assert_eq!(
            (name_taken().code, name_taken().faults()[0].pointer.as_str()),
            (Code::NameTaken, "/name")
        );
        let late = too_long(&team, 30);
        assert_eq!((late.code, late.faults()[0].code), (Code::InvalidData, Violation::TooLate));
        assert!(late.detail().contains("30 days") && late.detail().contains(team.as_str()));
        assert_eq!(too_many().code, Code::LimitReached);
        assert!(too_many().detail().contains("500"));
    }
}
