//! Forms: how somebody who is no member sends values that become objects of a team. What a form is, what visitors see of it, what
//! they may send, and what becomes of it.

mod check;
mod check_type;
mod confirmed;
mod counts;
mod definition;
mod judge;
mod key;
/// How much there may be of everything.
pub mod limits;
mod narrowed;
mod once;
mod place;
mod posted;
mod problems;
mod progress;
mod protection;
mod public;
mod resource;
mod shown;
mod state;
mod stored;
mod submission;
mod submissions;
mod submit;
mod token;
mod writer;

pub use check::check;
pub use check_type::check_against_type;
pub use confirmed::Confirmed;
pub use counts::{Counts, FormCounts, closed};
pub use definition::{
    Audience, Confirmation, FixedValue, Form, FormAction, FormActionKind, FormItem, FormPage, FormStatus,
    ItemWidth,
};
pub use judge::{FilledIn, Judged, judge};
pub use key::{KeyEntry, find_key};
pub use once::SentOnce;
pub use posted::posted;
pub use problems::{blocks, problems};
pub use progress::Progress;
pub use protection::{Hold, Protection};
pub use public::{FoundForm, PublicForms, ReceivedSubmission};
pub use shown::{ShownField, ShownForm, ShownItem, ShownPage, Trap, shown};
pub use state::FormState;
pub use stored::{PreviousKey, StoredForm};
pub use submission::{StoredSubmission, SubmissionOutcome, SubmissionReason};
pub use submissions::Submissions;
pub use submit::{Submission, Submitted};
pub use token::{SubmissionToken, token_missing, trap_of};
pub use writer::FormWriter;

pub use records::objects::OnMatch;
