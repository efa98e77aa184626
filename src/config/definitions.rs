//! The macro that makes of one list: the structs that a file is read into, their defaults, and
//! the names and words from which the example file and the suggestions come.

/// A section of the file, as the example shows it.
pub(super) struct SectionWords {
    pub(super) name: &'static str,
    pub(super) doc: &'static [&'static str],
    pub(super) keys: &'static [KeyWords],
}

/// A key of a section, as the example shows it.
pub(super) struct KeyWords {
    pub(super) name: &'static str,
    pub(super) doc: &'static [&'static str],
}

/// Defines every section and key once: words, name, type, default.
macro_rules! definitions {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident: $Section:ident {
            $( $(#[doc = $key_doc:literal])+ $key:ident: $type:ty = $default:expr; )+
        }
    )+) => {
        /// A config as written: right in form, not yet in meaning.
        #[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Raw {
            $( $(#[doc = $section_doc])+ pub $section: $Section, )+
        }

        $(
            $(#[doc = $section_doc])+
            #[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
            #[serde(deny_unknown_fields, default)]
            pub struct $Section {
                $( $(#[doc = $key_doc])+ pub $key: $type, )+
            }

            impl Default for $Section {
                fn default() -> Self {
                    Self { $( $key: $default, )+ }
                }
            }
        )+

        /// The words of every section and key, in the order of the example.
        pub(super) const WORDS: &[SectionWords] = &[
            $( SectionWords {
                name: stringify!($section),
                doc: &[$($section_doc),+],
                keys: &[$( KeyWords { name: stringify!($key), doc: &[$($key_doc),+] }, )+],
            }, )+
        ];
    };
}

pub(super) use definitions;
