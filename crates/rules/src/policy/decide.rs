//! The decision itself, top to bottom in the order in which it is judged.

use super::act::{Action, Door, Guard, Own};
use super::actor::Role;
use super::decision::{Closed, Decision, Eased, Opens, Permit, Reason, Rule};
use super::question::{Actor, Question, Session};
use super::require::{Required, Requirement, RequirementId, Scope, Verdict};
use crate::claim::{Serves, State};
use crate::limits::{GUARD_SECONDS, TEND_SECONDS};
use crate::signin::{Assurance, Life, Method};

/// Answers one request.
#[must_use]
pub fn decide(question: &Question<'_>) -> Decision {
    match judge(question) {
        Ok(decision) | Err(decision) => decision,
    }
}

/// Each check either ends the matter with `Err` or leaves it to the next one.
fn judge(question: &Question<'_>) -> Result<Decision, Decision> {
    if plays_without_sign_in(question) {
        return Ok(allow(question, Rule::Local));
    }
    check_state(question)?;
    check_door(question)?;
    match question.action {
        Action::ReadPublic | Action::ClaimBegin | Action::ProvePresence | Action::SignIn => {
            Ok(allow(question, Rule::State))
        }
        Action::ClaimStep => claim_step(question),
        Action::OwnAccount(Own::Factors) => own_factors(question, live_session(question)?),
        Action::OwnAccount(
            Own::Read | Own::SignOut | Own::Sessions | Own::Profiles | Own::Enrol | Own::StepUp,
        ) => {
            live_session(question)?;
            Ok(allow(question, Rule::Own))
        }
        Action::Browse | Action::Play | Action::ReportProgress => {
            let session = live_session(question)?;
            Ok(required(question, session))
        }
        Action::Tend(_) | Action::Metrics => tend(question, live_session(question)?),
        Action::Guard(Guard::Ease) => ease(question, live_session(question)?),
        Action::Guard(_) => guard(question, live_session(question)?),
        Action::Unlock => unlock(question, live_session(question)?),
    }
}

/// What the system side lists is looked at and played by anybody who is near, and nothing more, for
/// as long as the server was never claimed: an owner's policy is never lifted by a file.
fn plays_without_sign_in(question: &Question<'_>) -> bool {
    let local = match question.actor {
        Actor::Local => true,
        Actor::Stranger | Actor::ClaimHolder(_) | Actor::Session(_) => false,
    };
    let plays = matches!(question.action, Action::Browse | Action::Play);
    local && plays && !question.server.was_claimed() && question.door.takes(question.action)
}

/// What the state of the server leaves to be asked at all.
fn check_state(question: &Question<'_>) -> Result<(), Decision> {
    match refused_by_state(question) {
        Some(reason) => Err(Decision::Deny { reason, rule: Rule::State }),
        None => Ok(()),
    }
}

fn refused_by_state(question: &Question<'_>) -> Option<Reason> {
    let server = question.server;
    match question.action {
        Action::ReadPublic | Action::ProvePresence => None,
        Action::ClaimBegin | Action::ClaimStep => claim_refused(server),
        Action::Browse | Action::Play | Action::ReportProgress
            if server.serves() == Serves::PlaybackOnly && !question.orphaned_playback =>
        {
            Some(Reason::OrphanedClosed)
        }
        Action::Browse
        | Action::Play
        | Action::ReportProgress
        | Action::OwnAccount(Own::Factors) => library_refused(server),
        Action::SignIn | Action::OwnAccount(_) => sign_in_refused(server),
        Action::Tend(_) | Action::Guard(_) | Action::Metrics => administration_refused(server),
        Action::Unlock => unlock_refused(server),
    }
}

fn claim_refused(server: &State) -> Option<Reason> {
    match server {
        State::Factory | State::Legacy | State::Offered | State::Pending(_) | State::Recovery => {
            None
        }
        State::Claimed | State::Orphaned => Some(Reason::AlreadyClaimed),
        State::Locked(_) => Some(Reason::Locked),
    }
}

/// On a locked server the owner's sign-in is the way back, so it works while there may be one.
fn sign_in_refused(server: &State) -> Option<Reason> {
    match server {
        State::Locked(why) if why.owner_may_sign_in() => None,
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Claimed
        | State::Orphaned
        | State::Recovery
        | State::Locked(_) => library_refused(server),
    }
}

fn library_refused(server: &State) -> Option<Reason> {
    match server.serves() {
        Serves::Everything | Serves::PlaybackOnly => None,
        Serves::SetUpOnly => Some(Reason::NotClaimed),
        Serves::RecoveryOnly | Serves::Explanation => Some(Reason::Locked),
    }
}

fn administration_refused(server: &State) -> Option<Reason> {
    match server.serves() {
        Serves::Everything => None,
        Serves::PlaybackOnly => Some(Reason::Orphaned),
        Serves::SetUpOnly => Some(Reason::NotClaimed),
        Serves::RecoveryOnly | Serves::Explanation => Some(Reason::Locked),
    }
}

fn unlock_refused(server: &State) -> Option<Reason> {
    match server {
        State::Locked(why) if why.owner_may_sign_in() => None,
        State::Orphaned => None,
        State::Locked(_) | State::Recovery => Some(Reason::Locked),
        State::Factory | State::Offered => Some(Reason::NotClaimed),
        State::Legacy | State::Claimed => Some(Reason::NothingToUnlock),
        State::Pending(pending) => unlock_refused(&pending.resumes.state()),
    }
}

fn check_door(question: &Question<'_>) -> Result<(), Decision> {
    if question.door.takes(question.action) {
        Ok(())
    } else {
        Err(Decision::Deny { reason: Reason::WrongDoor, rule: Rule::Door })
    }
}

/// That the server knows this claim's holder is judged again, with time, by the claim's own rules.
fn claim_step(question: &Question<'_>) -> Result<Decision, Decision> {
    match (question.actor, question.server) {
        (Actor::ClaimHolder(ticket), State::Pending(pending)) if *ticket == pending.holder => {
            Ok(allow(question, Rule::State))
        }
        (Actor::Stranger | Actor::ClaimHolder(_) | Actor::Local | Actor::Session(_), _) => {
            Err(Decision::Deny { reason: Reason::ClaimNotYours, rule: Rule::State })
        }
    }
}

/// The session, if it still counts.
fn live_session<'a>(question: &Question<'a>) -> Result<&'a Session, Decision> {
    let deny = |reason| Err(Decision::Deny { reason, rule: Rule::Session });
    let session = match question.actor {
        Actor::Session(session) => session,
        Actor::Stranger | Actor::ClaimHolder(_) | Actor::Local => {
            return deny(Reason::NotSignedIn);
        }
    };
    if !session.account.enabled {
        return deny(Reason::AccountDisabled);
    }
    let current = session.generation == question.generation
        && session.epoch == session.account.epoch
        && session.methods.assurance() > Assurance::None;
    match session.life(question.now) {
        Life::Live | Life::PlaybackOnly if current => Ok(session),
        Life::Live | Life::PlaybackOnly | Life::Ended => deny(Reason::SessionEnded),
    }
}

/// What one signs in with is changed by who has just shown the best that they have. A recovery code
/// stands for a factor that is lost, or nobody could remove a lost passkey.
fn own_factors(question: &Question<'_>, session: &Session) -> Result<Decision, Decision> {
    if !session.client.may_administer() {
        return Err(Decision::Deny { reason: Reason::NotThisClient, rule: Rule::Own });
    }
    let level = session.reach.max(Assurance::Password);
    let shown =
        session.methods.assurance_shown_now() >= level || session.methods.has(Method::RecoveryCode);
    if shown && session.auth.elapsed(question.now).surely_within(GUARD_SECONDS) {
        return Ok(allow(question, Rule::Own));
    }
    Ok(Decision::StepUp { level, max_age_seconds: Some(GUARD_SECONDS), rule: Rule::Own })
}

fn tend(question: &Question<'_>, session: &Session) -> Result<Decision, Decision> {
    check_administrator(session, Role::Administrator)?;
    let asked = administration(question, session, TEND_SECONDS);
    let fresh = session.life(question.now) == Life::Live && asked.is_fresh(question, session);
    Ok(administer(question, session, asked, fresh, Rule::Tend))
}

fn guard(question: &Question<'_>, session: &Session) -> Result<Decision, Decision> {
    check_administrator(session, Role::Owner)?;
    let asked = administration(question, session, GUARD_SECONDS);
    let fresh = asked.is_fresh(question, session);
    Ok(administer(question, session, asked, fresh, Rule::Guard))
}

/// Less is required by an owner who shows the best that they have. Passkeys go with a rescue and with the
/// server's name, and whoever has none any more could never end what asks for one. A recovery code
/// stands for a passkey that is lost, as it does where it is removed.
fn ease(question: &Question<'_>, session: &Session) -> Result<Decision, Decision> {
    check_administrator(session, Role::Owner)?;
    let asked = administration(question, session, GUARD_SECONDS);
    let fresh = asked.is_fresh(question, session);
    let stands_in = fresh && session.methods.has(Method::RecoveryCode);
    let best = if stands_in { Assurance::Mfa } else { session.reach.max(Assurance::Mfa) };
    let asked = AskedFor { level: asked.level.min(best), ..asked };
    Ok(administer(question, session, asked, fresh, Rule::Guard))
}

/// Whom the issuer refused it has to let in again: what the server keeps of them is no word of it.
fn unlock(question: &Question<'_>, session: &Session) -> Result<Decision, Decision> {
    check_administrator(session, Role::Owner)?;
    if question.owner_refused && !session.methods.are_of_an_issuer() {
        return Err(Decision::Deny { reason: Reason::OwnerRefused, rule: Rule::State });
    }
    guard(question, session)
}

fn check_administrator(session: &Session, least: Role) -> Result<(), Decision> {
    if session.role < least {
        return Err(Decision::Deny { reason: Reason::NotYourRole, rule: Rule::Role });
    }
    if !session.client.may_administer() {
        return Err(Decision::Deny { reason: Reason::NotThisClient, rule: Rule::Role });
    }
    Ok(())
}

/// What administration asks for.
#[derive(Clone, Copy)]
struct AskedFor {
    level: Assurance,
    max_age_seconds: u64,
}

impl AskedFor {
    fn is_fresh(self, question: &Question<'_>, session: &Session) -> bool {
        session.auth.elapsed(question.now).surely_within(self.max_age_seconds)
    }
}

/// Administration takes a second factor, or what is required if that is stricter. There is no
/// grace and no exemption here. Where what is required cannot be read, whoever repairs it shows the
/// best that they have.
fn administration(question: &Question<'_>, session: &Session, seconds: u64) -> AskedFor {
    let rows = match question.required {
        Required::Rows(rows) => rows,
        Required::Unreadable => {
            let level = session.reach.max(Assurance::Mfa);
            return AskedFor { level, max_age_seconds: seconds };
        }
    };
    let concerned = || rows.iter().filter(|row| row.concerns(question));
    let level = concerned().map(|row| row.level).max().unwrap_or(Assurance::Mfa);
    let age = concerned().filter_map(|row| row.max_age_seconds).min().unwrap_or(seconds);
    AskedFor { level: level.max(Assurance::Mfa), max_age_seconds: age.min(seconds) }
}

fn administer(
    question: &Question<'_>,
    session: &Session,
    asked: AskedFor,
    fresh: bool,
    rule: Rule,
) -> Decision {
    let AskedFor { level, max_age_seconds } = asked;
    if fresh && session.methods.assurance_shown_now() >= level {
        return allow(question, rule);
    }
    if session.reach >= level {
        return Decision::StepUp { level, max_age_seconds: Some(max_age_seconds), rule };
    }
    Decision::Enrol { level, rule }
}

/// Judges each requirement by itself; the least permissive verdict wins.
fn required(question: &Question<'_>, session: &Session) -> Decision {
    let Required::Rows(rows) = question.required else {
        return Decision::Deny { reason: Reason::PolicyError, rule: Rule::Unreadable };
    };
    if let Some(id) = refused_over_plain_http(question, rows) {
        return Decision::Deny { reason: Reason::NotThisClient, rule: Requirement::rule(id) };
    }
    let concerned = rows.iter().filter(|row| row.concerns(question));
    let permit = |rule| {
        let (closed, eased) = (closed(question, session, rows), eased(question, session, rows));
        Permit::new(question, rule).closing(closed, eased)
    };
    match concerned.map(|row| row.judge(session, question.now)).max() {
        None | Some(Verdict::Satisfied) => Decision::Allow(permit(Rule::Default)),
        Some(Verdict::Exempt { id }) => Decision::Allow(permit(Rule::Exemption(id))),
        Some(Verdict::Notice { days, id }) => Decision::AllowNotice {
            permit: permit(Requirement::rule(id)),
            days: days.0,
            rule: Requirement::rule(id),
        },
        Some(Verdict::StepUp { level, max_age, id }) => Decision::StepUp {
            level,
            max_age_seconds: max_age.0.seconds(),
            rule: Requirement::rule(id),
        },
        Some(Verdict::Enrol { level, id }) => {
            Decision::Enrol { level, rule: Requirement::rule(id) }
        }
    }
}

/// Libraries with a requirement of their own that this session does not meet: whoever asks for
/// several gets the others.
fn closed(question: &Question<'_>, session: &Session, rows: &[Requirement]) -> Vec<Closed> {
    let mut closed: Vec<Closed> = rows
        .iter()
        .filter_map(|row| {
            let Scope::Library(library) = row.scope else { return None };
            let plain =
                question.door == Door::Plain && row.level >= Assurance::MfaPhishingResistant;
            let opens = match row.judge(session, question.now) {
                _ if plain => Opens::AnotherWayIn,
                Verdict::Satisfied | Verdict::Exempt { .. } | Verdict::Notice { .. } => {
                    return None;
                }
                Verdict::StepUp { level, max_age, .. } => {
                    Opens::StepUp { level, max_age_seconds: max_age.0.seconds() }
                }
                Verdict::Enrol { level, .. } => Opens::Enrol { level },
            };
            Some(Closed { library, opens, rule: Requirement::rule(row.id) })
        })
        .collect();
    closed.sort_by_key(|one| (one.library, std::cmp::Reverse(one.opens)));
    closed.dedup_by_key(|one| one.library);
    closed
}

/// Libraries whose requirement is not met and need not be: by grace before an exemption, since that ends
/// sooner.
fn eased(question: &Question<'_>, session: &Session, rows: &[Requirement]) -> Vec<Eased> {
    let mut eased: Vec<Eased> = rows
        .iter()
        .filter_map(|row| {
            let Scope::Library(library) = row.scope else { return None };
            match row.judge(session, question.now) {
                Verdict::Exempt { id } => Some(Eased { library, exempt: true, requirement: id }),
                Verdict::Notice { id, .. } => {
                    Some(Eased { library, exempt: false, requirement: id })
                }
                Verdict::Satisfied | Verdict::StepUp { .. } | Verdict::Enrol { .. } => None,
            }
        })
        .collect();
    eased.sort_unstable();
    eased.dedup_by_key(|one| one.library);
    eased
}

/// What must resist phishing cannot be shown to a page that anybody on the way could have sent.
fn refused_over_plain_http(question: &Question<'_>, rows: &[Requirement]) -> Option<RequirementId> {
    let plain = question.door == Door::Plain;
    let mut concerned = rows.iter().filter(|row| row.concerns(question));
    let strict = concerned.find(|row| plain && row.level >= Assurance::MfaPhishingResistant);
    strict.map(|row| row.id)
}

fn allow(question: &Question<'_>, rule: Rule) -> Decision {
    Decision::Allow(Permit::new(question, rule))
}
