//! How our types lie in columns: ids as 16-byte blobs, words as the text the schema names.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use stead_rules::media::{Age, ItemKind, LibraryKind};
use stead_rules::policy::Role;
use stead_rules::signin::{Methods, NoticeKind};

/// An id read from a blob column.
pub(crate) struct Stored<T>(pub(crate) T);

macro_rules! stored_ids {
    ($($name:ident),* $(,)?) => {$(
        impl FromSql for Stored<stead_rules::ids::$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let bytes = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
                Ok(Self(stead_rules::ids::$name::from_bytes(bytes)))
            }
        }
    )*};
}

stored_ids!(
    BoxId,
    FactorId,
    DeviceId,
    NoticeId,
    IssuerId,
    AccountId,
    UserId,
    SessionId,
    LibraryId,
    RootId,
    ItemId,
    FileId,
    ContentKey,
    GroupId,
    ExemptionId,
    InvitationId,
    ProfileId
);

/// Reads the id in column `name`.
pub(crate) fn id<T>(row: &Row<'_>, name: &str) -> rusqlite::Result<T>
where
    Stored<T>: FromSql,
{
    row.get::<_, Stored<T>>(name).map(|stored| stored.0)
}

/// Reads the id in column `name`, if there is one.
pub(crate) fn maybe_id<T>(row: &Row<'_>, name: &str) -> rusqlite::Result<Option<T>>
where
    Stored<T>: FromSql,
{
    Ok(row.get::<_, Option<Stored<T>>>(name)?.map(|stored| stored.0))
}

/// The cells of a row one after the other, as its SELECT lists them. What every request reads is read
/// like this: SQLite compares names with each column before the right one, which took a third of it.
pub(crate) struct Cells<'r, 's> {
    row: &'r Row<'s>,
    next: usize,
}

impl<'r, 's> Cells<'r, 's> {
    pub(crate) const fn of(row: &'r Row<'s>) -> Self {
        Self { row, next: 0 }
    }

    /// The next cell.
    pub(crate) fn take<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.take_ref().and_then(|cell| Ok(T::column_result(cell)?))
    }

    /// The id in the next cell.
    pub(crate) fn id<T>(&mut self) -> rusqlite::Result<T>
    where
        Stored<T>: FromSql,
    {
        self.take::<Stored<T>>().map(|stored| stored.0)
    }

    /// The id in the next cell, if there is one.
    pub(crate) fn maybe_id<T>(&mut self) -> rusqlite::Result<Option<T>>
    where
        Stored<T>: FromSql,
    {
        Ok(self.take::<Option<Stored<T>>>()?.map(|stored| stored.0))
    }

    /// What the word in the next cell says; a word that says nothing is an error.
    pub(crate) fn word<T>(&mut self, says: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
        says(self.take_ref()?.as_str()?).ok_or(FromSqlError::InvalidType.into())
    }

    /// Yes or no in the next cell, and nothing else.
    pub(crate) fn flag(&mut self) -> rusqlite::Result<bool> {
        match self.take()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(FromSqlError::OutOfRange(other).into()),
        }
    }

    /// The next cell as it lies there.
    pub(crate) fn take_ref(&mut self) -> rusqlite::Result<ValueRef<'r>> {
        let cell = self.row.get_ref(self.next)?;
        self.next = self.next.saturating_add(1);
        Ok(cell)
    }
}

/// Words in the schema for the values of an enum, both ways; an unknown word is an error.
macro_rules! words {
    ($ty:ident, $word:ident, $read:ident, { $($variant:ident => $text:literal),* $(,)? }) => {
        pub(crate) const fn $word(value: $ty) -> &'static str {
            match value { $($ty::$variant => $text),* }
        }

        pub(crate) fn $read(row: &Row<'_>, name: &str) -> rusqlite::Result<$ty> {
            match row.get_ref(name)?.as_str()? {
                $($text => Ok($ty::$variant),)*
                _ => Err(FromSqlError::InvalidType.into()),
            }
        }
    };
}

words!(LibraryKind, library_kind_word, library_kind, {
    Films => "films", Series => "series", Music => "music", Photos => "photos", Mixed => "mixed",
});
words!(ItemKind, item_kind_word, item_kind, {
    Film => "film", Series => "series", Season => "season", Episode => "episode",
    Artist => "artist", Album => "album", Track => "track", Photo => "photo",
});

/// Reads the age in column `name`, if there is one.
pub(crate) fn age(row: &Row<'_>, name: &str) -> rusqlite::Result<Option<Age>> {
    let years: Option<u8> = row.get(name)?;
    years.map(|years| Age::years(years).map_err(|_| FromSqlError::InvalidType.into())).transpose()
}

/// Reads the role in column `name`.
pub(crate) fn role(row: &Row<'_>, name: &str) -> rusqlite::Result<Role> {
    Role::from_word(row.get_ref(name)?.as_str()?).ok_or(FromSqlError::InvalidType.into())
}

/// Reads the kind of notice in column `name`.
pub(crate) fn notice_kind(row: &Row<'_>, name: &str) -> rusqlite::Result<NoticeKind> {
    NoticeKind::from_word(row.get_ref(name)?.as_str()?).ok_or(FromSqlError::InvalidType.into())
}

/// Reads the methods in column `name`. Of words that nobody knows, fewer would be a guess.
pub(crate) fn methods(row: &Row<'_>, name: &str) -> rusqlite::Result<Methods> {
    Methods::from_words(row.get_ref(name)?.as_str()?).ok_or(FromSqlError::InvalidType.into())
}
