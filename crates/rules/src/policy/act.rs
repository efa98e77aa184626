//! What can be done, and through which door.

/// Everything that somebody can ask of the server. A new ability is a new variant here, or it
/// cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Pages and facts that the box shows to anybody near: health, its CA, whether it is claimed.
    ReadPublic,
    /// Show a proof of possession.
    ClaimBegin,
    /// Go on with a claim one holds.
    ClaimStep,
    /// Wait for the plug pattern. It shows that one has the box in hand, whatever became of the
    /// server; what follows from that is decided by the claim.
    ProvePresence,
    /// Show who one is; also to show it anew.
    SignIn,
    /// Something about oneself.
    OwnAccount(Own),
    /// See what there is: lists, search, details, pictures.
    Browse,
    /// Be sent a film, a track or a photo.
    Play,
    /// Say where one stopped.
    ReportProgress,
    /// Everyday administration.
    Tend(Tend),
    /// Administration that changes who gets in, or what the box is.
    Guard(Guard),
    /// Read the figures of the server.
    Metrics,
    /// Open a locked server again.
    Unlock,
}

/// What anybody signed in may do about themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Own {
    /// See who one is and what the server asks of one.
    Read,
    /// Sign out here.
    SignOut,
    /// See and end one's own sessions.
    Sessions,
    /// See the profiles of one's household, and look by one of them.
    Profiles,
    /// Set up a second factor.
    Enrol,
    /// Show a factor again in the session that asks.
    StepUp,
    /// Change what one signs in with: factors, password, recovery codes, remembered devices.
    Factors,
}

/// Everyday administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tend {
    /// Add, change and remove libraries, and pick folders for them.
    Libraries,
    /// Start and stop scans.
    Scans,
    /// Read boards, reports of problems and settings.
    Boards,
    /// Say what an item is.
    Matches,
}

/// Administration that changes who gets in, or what the box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// Invite, disable and remove users; other people's sessions.
    Users,
    /// Say who sees which library.
    Shares,
    /// Say what is required of whom.
    Policy,
    /// Require less: lower what is required, or switch it off. What shuts an owner out leaves this open.
    Ease,
    /// Other people's factors and one's own recovery codes.
    Factors,
    /// The box's name and certificates.
    Identity,
    /// Install another version.
    Update,
    /// End the ownership: sign the server out, or make it forget everything. Make a disk empty.
    Wipe,
    /// Take data out of the box.
    Export,
}

/// The way a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// Pages and their assets.
    Web,
    /// The JSON API.
    Api,
    /// A signed link to one file.
    Stream,
    /// The figures for Prometheus.
    Metrics,
    /// A television's token.
    Tv,
    /// An app that cannot do better than a password of its own.
    AppPassword,
    /// The plain port, for televisions that take no certificate of the box's own authority.
    Plain,
}

impl Action {
    /// Every action, for tables and tests that must be complete.
    pub const ALL: [Self; 30] = [
        Self::ReadPublic,
        Self::ClaimBegin,
        Self::ClaimStep,
        Self::ProvePresence,
        Self::SignIn,
        Self::OwnAccount(Own::Read),
        Self::OwnAccount(Own::SignOut),
        Self::OwnAccount(Own::Sessions),
        Self::OwnAccount(Own::Profiles),
        Self::OwnAccount(Own::Enrol),
        Self::OwnAccount(Own::StepUp),
        Self::OwnAccount(Own::Factors),
        Self::Browse,
        Self::Play,
        Self::ReportProgress,
        Self::Tend(Tend::Libraries),
        Self::Tend(Tend::Scans),
        Self::Tend(Tend::Boards),
        Self::Tend(Tend::Matches),
        Self::Guard(Guard::Users),
        Self::Guard(Guard::Shares),
        Self::Guard(Guard::Policy),
        Self::Guard(Guard::Ease),
        Self::Guard(Guard::Factors),
        Self::Guard(Guard::Identity),
        Self::Guard(Guard::Update),
        Self::Guard(Guard::Wipe),
        Self::Guard(Guard::Export),
        Self::Metrics,
        Self::Unlock,
    ];

    /// The stable word of this action in tables and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReadPublic => "read_public",
            Self::ClaimBegin => "claim_begin",
            Self::ClaimStep => "claim_step",
            Self::ProvePresence => "prove_presence",
            Self::SignIn => "sign_in",
            Self::OwnAccount(own) => own.word(),
            Self::Browse => "browse",
            Self::Play => "play",
            Self::ReportProgress => "report_progress",
            Self::Tend(tend) => tend.word(),
            Self::Guard(guard) => guard.word(),
            Self::Metrics => "metrics",
            Self::Unlock => "unlock",
        }
    }
}

impl Own {
    const fn word(self) -> &'static str {
        match self {
            Self::Read => "own.read",
            Self::SignOut => "own.sign_out",
            Self::Sessions => "own.sessions",
            Self::Profiles => "own.profiles",
            Self::Enrol => "own.enrol",
            Self::StepUp => "own.step_up",
            Self::Factors => "own.factors",
        }
    }
}

impl Tend {
    const fn word(self) -> &'static str {
        match self {
            Self::Libraries => "tend.libraries",
            Self::Scans => "tend.scans",
            Self::Boards => "tend.boards",
            Self::Matches => "tend.matches",
        }
    }
}

impl Guard {
    const fn word(self) -> &'static str {
        match self {
            Self::Users => "guard.users",
            Self::Shares => "guard.shares",
            Self::Policy => "guard.policy",
            Self::Ease => "guard.ease",
            Self::Factors => "guard.factors",
            Self::Identity => "guard.identity",
            Self::Update => "guard.update",
            Self::Wipe => "guard.wipe",
            Self::Export => "guard.export",
        }
    }
}

const fn is_for_playing(action: Action) -> bool {
    matches!(action, Action::Browse | Action::Play | Action::ReportProgress)
        || matches!(action, Action::OwnAccount(Own::Read | Own::SignOut | Own::Profiles))
}

/// Whether this is done while a session looks by a household profile: what is for playing. Nobody
/// administers by one, and nobody changes what its person signs in with.
#[must_use]
pub const fn is_done_in_a_profile(action: Action) -> bool {
    is_for_playing(action)
}

impl Door {
    /// Every door.
    pub const ALL: [Self; 7] = [
        Self::Web,
        Self::Api,
        Self::Stream,
        Self::Metrics,
        Self::Tv,
        Self::AppPassword,
        Self::Plain,
    ];

    /// Whether this action can be asked for at this door at all.
    #[must_use]
    pub const fn takes(self, action: Action) -> bool {
        match self {
            Self::Web | Self::Api => true,
            Self::Stream => matches!(action, Action::Play),
            Self::Metrics => matches!(action, Action::Metrics),
            Self::Tv | Self::AppPassword => is_for_playing(action),
            // Public facts, and the way in: what it leads to is no more than playing.
            Self::Plain => {
                is_for_playing(action) || matches!(action, Action::ReadPublic | Action::SignIn)
            }
        }
    }

    /// The stable word of this door in tables and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
            Self::Stream => "stream",
            Self::Metrics => "metrics",
            Self::Tv => "tv",
            Self::AppPassword => "app_password",
            Self::Plain => "plain",
        }
    }
}
