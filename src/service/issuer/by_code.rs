//! A server that is not registered at its issuer asks to be let in (RFC 8628): somebody who is signed
//! in there approves a code that this server shows.
//!
//! ```text
//! begin ─▶ code shown ─▶ asked at the issuer's pace ─▶ token ─▶ judged ─▶ registered ─▶ done
//!                           └▶ denied, over (and only a person asks for another code)
//! ```
//!
//! The page asks this server, and this server decides when the issuer is asked. All of it lives in
//! memory: whoever begins anew after a restart begins with another code.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Deserialize;
use stead_rules::ids::TicketId;
use stead_rules::secret::SecretText;
use stead_rules::signin::let_in::{CodeTimes, Heard, Patience, Turn};
use stead_rules::signin::oidc::{Asked as Question, Way};
use stead_rules::time::{BootMs, Now};

use super::facts::{self, Facts};
use super::registration;
use super::token::{self, Asked, TokenAnswer};
use super::{Client, ExternalIssuer, Identity, IssuerError, Registered, configured};
use crate::service::core::Core;

/// What every account service of Stead calls a server that it does not know yet.
const CLIENT: &str = "stead-server";
const SCOPES: &str = "openid registration";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The longest code that a person can be asked to compare.
const USER_CODE_MAX_CHARS: usize = 32;

/// What the issuer gives (RFC 8628 §3.2).
#[derive(Deserialize)]
pub(super) struct CodeAnswer {
    device_code: String,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

/// A code, as it is shown to whoever claims.
#[derive(Debug, Clone)]
pub struct CodeShown {
    /// The letters to compare.
    pub code: String,
    /// Where they are typed.
    pub page: String,
    /// The same with the letters filled in.
    pub link: String,
}

/// How it stands.
pub enum Look {
    /// No code was asked for.
    Nothing,
    /// Somebody is waited for.
    Waiting {
        /// What they approve.
        shown: CodeShown,
        /// How long it is good.
        left_seconds: u64,
        /// When to look again.
        again_seconds: u64,
    },
    /// Somebody said yes, and the issuer has not registered this server yet.
    Registering {
        /// When to look again.
        again_seconds: u64,
    },
    /// Somebody said no.
    Denied,
    /// Nobody said anything in time.
    Over,
    /// Who said yes, and as what this server is registered since.
    Done(Box<(Identity, Registered)>),
}

/// One code and what became of it.
#[derive(Clone)]
pub(super) struct Asking {
    holder: TicketId,
    device_code: SecretText,
    shown: CodeShown,
    begun: BootMs,
    patience: Patience,
    stands: Stands,
}

#[derive(Clone)]
enum Stands {
    Asked,
    LetIn { token: SecretText, who: Box<Identity> },
    Denied,
    Over,
}

impl Asking {
    fn is(&self, other: &Self) -> bool {
        self.holder == other.holder && self.device_code.matches(&other.device_code)
    }

    fn heard(self, heard: Heard, now: Now) -> Self {
        Self { patience: self.patience.heard(heard, now), ..self }
    }

    fn look(&self, now: Now) -> Look {
        let again_seconds = self.patience.rest_seconds(now).max(1);
        match self.stands {
            Stands::Asked => Look::Waiting {
                shown: self.shown.clone(),
                left_seconds: self.patience.left_seconds(now),
                again_seconds,
            },
            Stands::LetIn { .. } => Look::Registering { again_seconds },
            Stands::Denied => Look::Denied,
            Stands::Over => Look::Over,
        }
    }
}

impl ExternalIssuer {
    fn code_of(&self, holder: TicketId) -> Option<Asking> {
        self.code_desk().as_ref().filter(|asking| asking.holder == holder).cloned()
    }

    /// Keeps what became of a code, unless it was given up meanwhile; then nothing is kept.
    fn keep_code(&self, asking: &Asking) {
        let mut desk = self.code_desk();
        if desk.as_ref().is_some_and(|known| known.is(asking)) {
            *desk = Some(asking.clone());
        }
    }

    /// A claim is over, and with it its code.
    pub(crate) fn forget_code(&self) {
        *self.code_desk() = None;
    }
}

/// Asks the issuer for a code, in the place of any other. A person asks for it each time.
pub(crate) async fn begin(
    core: &Arc<Core>,
    now: Now,
    holder: TicketId,
    name: &str,
) -> Result<Look, IssuerError> {
    let issuer = configured(core)?;
    let _one_at_a_time = issuer.polling.lock().await;
    issuer.forget_code();
    let facts = facts::current(issuer, now).await?;
    let asking = ask_for_code(issuer, &facts, now, holder, name).await?;
    let look = asking.look(now);
    *issuer.code_desk() = Some(asking);
    Ok(look)
}

async fn ask_for_code(
    issuer: &ExternalIssuer,
    facts: &Facts,
    now: Now,
    holder: TicketId,
    name: &str,
) -> Result<Asking, IssuerError> {
    let endpoint = facts.device_authorization_endpoint.as_deref();
    let endpoint = endpoint.ok_or(IssuerError::NoCodes("it gives no codes"))?;
    if facts.registration_endpoint.is_none() {
        return Err(IssuerError::NoCodes("it registers nobody"));
    }
    let form = [("client_id", CLIENT), ("scope", SCOPES), ("device_name", name)];
    let answer = issuer.outbound.post_form(endpoint, &form, None).await;
    let answer = answer.map_err(IssuerError::Unavailable)?;
    if answer.status == StatusCode::TOO_MANY_REQUESTS {
        return Err(IssuerError::Unfit("it gives no more codes now"));
    }
    if answer.status != StatusCode::OK {
        return Err(not_known(&token::refusal(&answer.body)));
    }
    let given = parsed(&answer.body)?;
    let times = CodeTimes { expires_in: given.expires_in, interval: given.interval };
    Ok(Asking {
        holder,
        shown: shown(issuer, &given)?,
        device_code: SecretText::new(given.device_code),
        begun: now.boot,
        patience: Patience::begin(times, now),
        stands: Stands::Asked,
    })
}

/// Why the issuer gives no code (RFC 6749 §5.2): it is busy, or it knows no servers of this kind.
fn not_known(word: &str) -> IssuerError {
    match word {
        "slow_down" | "temporarily_unavailable" | "server_error" => {
            IssuerError::Unfit("it gives no code now")
        }
        "invalid_scope" => IssuerError::NoCodes("it does not know what this server asks for"),
        _ => IssuerError::NoCodes("it does not know this server"),
    }
}

/// An answer with a code, as far as it is one.
pub(super) fn parsed(body: &[u8]) -> Result<CodeAnswer, IssuerError> {
    serde_json::from_slice(body).map_err(|_| IssuerError::NotBelieved("its code cannot be read"))
}

/// What of it a person is shown. The addresses become links, so they are as any other of the issuer.
fn shown(issuer: &ExternalIssuer, given: &CodeAnswer) -> Result<CodeShown, IssuerError> {
    let code = given.user_code.trim();
    let readable = !code.is_empty()
        && code.chars().count() <= USER_CODE_MAX_CHARS
        && code.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if !readable || given.device_code.is_empty() {
        return Err(IssuerError::NotBelieved("its code cannot be shown"));
    }
    let page = given.verification_uri.clone();
    let link = given.verification_uri_complete.clone().unwrap_or_else(|| page.clone());
    if !issuer.config.url.admits_page(&page) || !issuer.config.url.admits_page(&link) {
        return Err(IssuerError::NotBelieved("the page for its code is not shown"));
    }
    Ok(CodeShown { code: code.to_owned(), page, link })
}

/// How it stands for whoever holds the claim; asks the issuer where that is due.
pub(crate) async fn look(
    core: &Arc<Core>,
    now: Now,
    holder: TicketId,
) -> Result<Look, IssuerError> {
    let issuer = configured(core)?;
    let _one_at_a_time = issuer.polling.lock().await;
    let Some(asking) = issuer.code_of(holder) else { return Ok(Look::Nothing) };
    let (turn, stands) = (asking.patience.turn(now), asking.stands.clone());
    match (stands, turn) {
        (Stands::Denied | Stands::Over, _) | (_, Turn::Wait { .. }) => Ok(asking.look(now)),
        (Stands::Asked, Turn::Over) => Ok(settled(issuer, asking, Stands::Over, now)),
        (Stands::Asked, Turn::Ask) => ask(core, issuer, asking, now).await,
        // Who was let in does not mind that the code is over; the issuer is left alone all the same.
        (Stands::LetIn { .. }, Turn::Over) if asking.patience.rest_seconds(now) > 0 => {
            Ok(asking.look(now))
        }
        (Stands::LetIn { token, who }, Turn::Ask | Turn::Over) => {
            register(core, issuer, asking, (token, who), now).await
        }
    }
}

fn settled(issuer: &ExternalIssuer, asking: Asking, stands: Stands, now: Now) -> Look {
    let asking = Asking { stands, ..asking };
    issuer.keep_code(&asking);
    asking.look(now)
}

/// One question to the token endpoint (RFC 8628 §3.4, §3.5).
async fn ask(
    core: &Arc<Core>,
    issuer: &ExternalIssuer,
    asking: Asking,
    now: Now,
) -> Result<Look, IssuerError> {
    let facts = match facts::current(issuer, now).await {
        Ok(facts) => facts,
        Err(error) => return Ok(no_answer(issuer, asking, &error, now)),
    };
    let client = Client { id: CLIENT.to_owned(), secret: None };
    let form = vec![("grant_type", DEVICE_GRANT), ("device_code", asking.device_code.expose())];
    let word = match token::ask(issuer, &facts, &client, form).await {
        Ok(Asked::Given(answer)) => {
            return let_in(core, issuer, &facts, asking, &answer, now).await;
        }
        Ok(Asked::Refused(word)) => word,
        Err(error @ IssuerError::Unavailable(_)) => {
            return Ok(no_answer(issuer, asking, &error, now));
        }
        Err(other) => return Err(given_up(issuer, other)),
    };
    let heard = match word.as_str() {
        "authorization_pending" => Heard::Pending,
        "slow_down" => Heard::SlowDown,
        "access_denied" => return Ok(settled(issuer, asking, Stands::Denied, now)),
        "expired_token" | "invalid_grant" => {
            return Ok(settled(issuer, asking, Stands::Over, now));
        }
        "invalid_client" | "unauthorized_client" | "unsupported_grant_type" => {
            return Err(given_up(issuer, not_known(&word)));
        }
        // An issuer that fails says all kinds of things.
        _ => Heard::Nothing,
    };
    let asking = asking.heard(heard, now);
    issuer.keep_code(&asking);
    Ok(asking.look(now))
}

fn no_answer(issuer: &ExternalIssuer, asking: Asking, error: &IssuerError, now: Now) -> Look {
    tracing::info!(
        error = %crate::service::chain(error),
        "the issuer could not be asked about a code; it is asked again"
    );
    let asking = asking.heard(Heard::Nothing, now);
    issuer.keep_code(&asking);
    asking.look(now)
}

/// The code is of no use any more; whoever claims asks for another one.
fn given_up(issuer: &ExternalIssuer, error: IssuerError) -> IssuerError {
    issuer.forget_code();
    error
}

/// Somebody said yes. The token says who; a code that was approved elsewhere says nothing of how
/// they showed that, so it is never worth a second factor.
async fn let_in(
    core: &Arc<Core>,
    issuer: &ExternalIssuer,
    facts: &Facts,
    asking: Asking,
    answer: &TokenAnswer,
    now: Now,
) -> Result<Look, IssuerError> {
    let question =
        Question { client_id: CLIENT, begun: asking.begun, way: Way::Device, anew: false };
    let who = token::judge(issuer, facts, answer, None, question, now).await;
    let who = who.map_err(|error| given_up(issuer, error))?;
    let Some(token) = &answer.access_token else {
        return Err(given_up(issuer, IssuerError::NotBelieved("there is no access token")));
    };
    let (token, who) = (SecretText::new(token.clone()), Box::new(who));
    let stands = Stands::LetIn { token: token.clone(), who: who.clone() };
    let asking = Asking { stands, ..asking };
    issuer.keep_code(&asking);
    register(core, issuer, asking, (token, who), now).await
}

async fn register(
    core: &Arc<Core>,
    issuer: &ExternalIssuer,
    asking: Asking,
    (token, who): (SecretText, Box<Identity>),
    now: Now,
) -> Result<Look, IssuerError> {
    let facts = match facts::current(issuer, now).await {
        Ok(facts) => facts,
        Err(error) => return Ok(no_answer(issuer, asking, &error, now)),
    };
    match registration::register(core, issuer, &facts, &token).await {
        Ok(registered) => {
            issuer.forget_code();
            Ok(Look::Done(Box::new((*who, registered))))
        }
        Err(error @ IssuerError::Unavailable(_)) => Ok(no_answer(issuer, asking, &error, now)),
        Err(other) => Err(given_up(issuer, other)),
    }
}
