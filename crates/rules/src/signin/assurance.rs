//! What the ways in which somebody signed in are worth together.

/// How sure the server is of a person. Later is surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// Not at all.
    None,
    /// A password, or the word of an external issuer.
    Password,
    /// A password, or such a word, and something the person has.
    Mfa,
    /// A passkey that checked the person: nothing that could be told to a false page.
    MfaPhishingResistant,
}

/// One way to show who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// The account's password.
    Password,
    /// A code of an authenticator app.
    Totp,
    /// A single-use recovery code.
    RecoveryCode,
    /// A press on a phone that is signed in.
    DeviceApproval,
    /// A passkey that verified its person.
    Passkey,
    /// A browser that reached `mfa` not long ago.
    RememberedDevice,
    /// The word of an external issuer, which says nothing of a second factor or is not believed.
    External,
    /// The word of an external issuer that there was a second factor.
    ExternalMfa,
    /// The word of an external issuer that nothing was shown that could be told to a false page.
    ExternalPhishingResistant,
}

/// The methods of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Methods(u16);

impl Assurance {
    /// The stable word, as stored and answered.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Password => "pwd",
            Self::Mfa => "mfa",
            Self::MfaPhishingResistant => "mfa_phishing_resistant",
        }
    }
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 9] = [
        Self::Password,
        Self::Totp,
        Self::RecoveryCode,
        Self::DeviceApproval,
        Self::Passkey,
        Self::RememberedDevice,
        Self::External,
        Self::ExternalMfa,
        Self::ExternalPhishingResistant,
    ];

    /// The stable word, as stored and answered.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery",
            Self::DeviceApproval => "device",
            Self::Passkey => "passkey",
            Self::RememberedDevice => "remembered",
            Self::External => "external",
            Self::ExternalMfa => "external_mfa",
            Self::ExternalPhishingResistant => "external_phishing_resistant",
        }
    }

    /// The method with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }

    const fn bit(self) -> u16 {
        match self {
            Self::Password => 1,
            Self::Totp => 2,
            Self::RecoveryCode => 4,
            Self::DeviceApproval => 8,
            Self::Passkey => 16,
            Self::RememberedDevice => 32,
            Self::External => 64,
            Self::ExternalMfa => 128,
            Self::ExternalPhishingResistant => 256,
        }
    }
}

impl Methods {
    /// No method at all.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn and(self, method: Method) -> Self {
        Self(self.0 | method.bit())
    }

    /// Whether this method was used.
    #[must_use]
    pub const fn has(self, method: Method) -> bool {
        self.0 & method.bit() != 0
    }

    /// The methods that a stored list of words names; an unknown word is damage.
    #[must_use]
    pub fn from_words(words: &str) -> Option<Self> {
        words.split_whitespace().map(Method::from_word).collect()
    }

    /// The words to store, with spaces between.
    #[must_use]
    pub fn words(self) -> String {
        self.iter().map(Method::word).collect::<Vec<_>>().join(" ")
    }

    /// What was used, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Method> {
        Method::ALL.into_iter().filter(move |method| self.has(*method))
    }

    /// What a session has after `shown` was shown in it. The time of the session becomes that of
    /// this moment, so of what was shown before only that is kept which says nothing of a moment:
    /// that the password is known, and that the browser is.
    #[must_use]
    pub fn after_step_up(self, shown: Self) -> Self {
        let kept = [Method::Password, Method::RememberedDevice, Method::External];
        // An issuer's word about a second factor is of a moment; its word who this is, is not.
        let vouched = [Method::ExternalMfa, Method::ExternalPhishingResistant];
        let known = vouched.into_iter().any(|method| self.has(method));
        let shown = if known { shown.and(Method::External) } else { shown };
        kept.into_iter().filter(|method| self.has(*method)).fold(shown, Self::and)
    }

    /// Those that are an issuer's word.
    #[must_use]
    pub fn of_an_issuer(self) -> Self {
        let word = [Method::External, Method::ExternalMfa, Method::ExternalPhishingResistant];
        word.into_iter().filter(|method| self.has(*method)).collect()
    }

    /// Whether an issuer's word who this is, is among them.
    #[must_use]
    pub const fn are_of_an_issuer(self) -> bool {
        self.has(Method::External)
            || self.has(Method::ExternalMfa)
            || self.has(Method::ExternalPhishingResistant)
    }

    /// What these are worth for playing and browsing.
    #[must_use]
    pub fn assurance(self) -> Assurance {
        let shown = self.assurance_shown_now();
        if shown == Assurance::Password && self.has(Method::RememberedDevice) {
            return Assurance::Mfa;
        }
        shown
    }

    /// What these are worth where the person must have shown it: a remembered device counts for
    /// nothing there.
    #[must_use]
    pub fn assurance_shown_now(self) -> Assurance {
        let second = [Method::Totp, Method::RecoveryCode, Method::DeviceApproval];
        let resists = [Method::Passkey, Method::ExternalPhishingResistant];
        let first = [Method::Password, Method::External, Method::ExternalMfa];
        let has_any = |methods: &[Method]| methods.iter().any(|method| self.has(*method));
        match (has_any(&resists), has_any(&first)) {
            (true, _) => Assurance::MfaPhishingResistant,
            (false, true) if self.has(Method::ExternalMfa) => Assurance::Mfa,
            (false, true) if second.into_iter().any(|method| self.has(method)) => Assurance::Mfa,
            (false, true) => Assurance::Password,
            (false, false) => Assurance::None,
        }
    }
}

impl FromIterator<Method> for Methods {
    fn from_iter<I: IntoIterator<Item = Method>>(methods: I) -> Self {
        methods.into_iter().fold(Self::NONE, Self::and)
    }
}
