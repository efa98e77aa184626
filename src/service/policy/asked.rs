//! What a member is told: what is required of them, by when, and what becomes of them after that. It
//! is the same judgement that their next request meets.

use stead_rules::policy::{Action, Asks, Own, Permit, RequirementId, Session, asks_of};
use stead_rules::signin::Assurance;
use stead_rules::time::{Now, TimeTrust, WallMs};
use stead_store::accounts::people;
use stead_store::accounts::requirements::{About, Concern};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::{Accounts, ReadTx, StoreError};

use super::requirements::name_of;
use super::standings;
use crate::service::core::{Core, CoreError, permitted};
use crate::service::judge;

/// What is asked of whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who asks for it: the owner's name.
    pub owner: Option<String>,
    /// What is not met, the worst first.
    pub rows: Vec<AskedFor>,
}

/// One requirement that is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedFor {
    /// Which.
    pub id: RequirementId,
    /// What it is about.
    pub about: About,
    /// What that is called.
    pub name: Option<String>,
    /// The level.
    pub level: Assurance,
    /// How long ago the factor may have been shown.
    pub max_age_seconds: Option<u64>,
    /// What it says.
    pub asks: Asks,
    /// When grace ends, where the clock is believed.
    pub by: Option<WallMs>,
}

/// What is required of whoever asks and not met; none when all is. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn of(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<Option<Asked>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Read))?;
    let session = judge::session(facts);
    Ok(core.store()?.accounts.read(|tx| {
        // Where it cannot be read, every other request says so.
        let concerns = standings::of(tx, &core.run, facts.user.id)?.unwrap_or_default();
        let mut rows = Vec::new();
        for concern in &concerns {
            rows.extend(asked(tx, &session, concern, now)?);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        rows.sort_by_key(|row| std::cmp::Reverse((row.asks, row.level)));
        let owner = people::owner(tx)?.map(|owner| owner.user.name);
        Ok::<_, StoreError>(Some(Asked { owner, rows }))
    })?)
}

fn asked(
    tx: &ReadTx<'_, Accounts>,
    session: &Session,
    concern: &Concern,
    now: Now,
) -> Result<Option<AskedFor>, StoreError> {
    let Some(asks) = asks_of(&concern.judged(now), session, now) else { return Ok(None) };
    let by = match (asks, concern.grace) {
        (Asks::Notice { .. }, Some(grace)) if now.trust != TimeTrust::Unknown => {
            let left = i64::try_from(grace.left_ms(now)).unwrap_or(i64::MAX);
            Some(now.wall.plus_ms(left))
        }
        (Asks::Notice { .. } | Asks::Exempt | Asks::StepUp | Asks::Enrol, _) => None,
    };
    let row = &concern.row;
    Ok(Some(AskedFor {
        id: row.id,
        about: row.about,
        name: name_of(tx, row.about)?,
        level: row.level,
        max_age_seconds: row.max_age_seconds,
        asks,
        by,
    }))
}
