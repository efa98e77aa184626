//! Locking a file by words, and opening it: the age format with a passphrase.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read as _, Write as _};
use std::iter::once;
use std::path::Path;

use age::scrypt::{Identity, Recipient};
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor};
use stead_rules::limits::{BACKUP_MAX_BYTES, BACKUP_SCRYPT_LOG_N};
use stead_rules::signin::Password;

/// A file could not be locked or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    /// Other words were meant.
    #[error("the words do not open it")]
    WordsWrong,
    /// It was not made by [`seal`], or it is damaged.
    #[error("it is no sealed file, or damaged")]
    NotSealed,
    /// The disk.
    #[error("a file could not be read or written")]
    Io(#[from] io::Error),
}

/// Writes `from` to `to`, locked by these words. Takes 32 MiB and a fraction of a second; blocks.
///
/// # Errors
/// [`SealError::Io`].
pub(crate) fn seal(words: &Password, from: &Path, to: &Path) -> Result<(), SealError> {
    let mut recipient = Recipient::new(secret(words));
    recipient.set_work_factor(BACKUP_SCRYPT_LOG_N);
    let encryptor = Encryptor::with_recipients(once(&recipient as &dyn age::Recipient));
    let mut sealed = encryptor.map_err(io::Error::other)?.wrap_output(created(to)?)?;
    io::copy(&mut File::open(from)?, &mut sealed)?;
    Ok(sealed.finish()?.sync_all()?)
}

/// Writes what these words open to `to`. Blocks.
///
/// # Errors
/// [`SealError`]; what was begun is left there.
pub(crate) fn open(words: &Password, from: &Path, to: &Path) -> Result<(), SealError> {
    let mut identity = Identity::new(secret(words));
    identity.set_max_work_factor(BACKUP_SCRYPT_LOG_N);
    let decryptor = Decryptor::new_buffered(BufReader::new(File::open(from)?)).map_err(refused)?;
    if !decryptor.is_scrypt() {
        return Err(SealError::NotSealed);
    }
    let opened = decryptor.decrypt(once(&identity as &dyn age::Identity)).map_err(refused)?;
    let mut file = created(to)?;
    // A chunk that was changed or cut off is an error of reading, and none of the disk.
    let mut buffer = vec![0; 64 * 1024];
    let mut opened = opened.take(BACKUP_MAX_BYTES);
    loop {
        match opened.read(&mut buffer) {
            Ok(0) => return Ok(file.sync_all()?),
            Ok(count) => file.write_all(buffer.get(..count).unwrap_or_default())?,
            Err(_) => return Err(SealError::NotSealed),
        }
    }
}

fn created(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

fn secret(words: &Password) -> SecretString {
    SecretString::from(words.expose().to_owned())
}

fn refused(error: DecryptError) -> SealError {
    match error {
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::NoMatchingKeys => SealError::WordsWrong,
        DecryptError::ExcessiveWork { .. }
        | DecryptError::InvalidHeader
        | DecryptError::InvalidMac
        | DecryptError::UnknownFormat => SealError::NotSealed,
        // The header ends before it is whole.
        DecryptError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            SealError::NotSealed
        }
        DecryptError::Io(error) => SealError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use stead_rules::secret::SecretText;

    use super::*;

    fn words(text: &str) -> Password {
        Password::typed(&SecretText::new(text.to_owned()))
    }

    #[test]
    fn what_was_locked_is_opened_by_the_same_words_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let content = vec![7; 200_000];
        fs::write(at("plain"), &content).unwrap();
        seal(&words("a horse of another colour"), &at("plain"), &at("sealed")).unwrap();
        let sealed = fs::read(at("sealed")).unwrap();
        assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt "));
        open(&words("a horse of another colour"), &at("sealed"), &at("back")).unwrap();
        assert_eq!(fs::read(at("back")).unwrap(), content);
        let other = open(&words("a horse of the same colour"), &at("sealed"), &at("back"));
        assert!(matches!(other, Err(SealError::WordsWrong)), "{other:?}");
        for cut in [0, 10, 150, sealed.len() / 2, sealed.len() - 1] {
            fs::write(at("cut"), &sealed[..cut]).unwrap();
            let refused = open(&words("a horse of another colour"), &at("cut"), &at("back"));
            assert!(matches!(refused, Err(SealError::NotSealed)), "{cut}: {refused:?}");
        }
        let mut changed = sealed.clone();
        changed[sealed.len() - 100_000] ^= 1;
        fs::write(at("changed"), &changed).unwrap();
        let refused = open(&words("a horse of another colour"), &at("changed"), &at("back"));
        assert!(matches!(refused, Err(SealError::NotSealed)), "{refused:?}");
    }

    /// A file that asks for more memory than a box has is not even tried.
    #[test]
    fn a_file_that_asks_for_too_much_work_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut recipient = Recipient::new(secret(&words("a horse of another colour")));
        recipient.set_work_factor(BACKUP_SCRYPT_LOG_N + 1);
        let encryptor = Encryptor::with_recipients(once(&recipient as &dyn age::Recipient));
        let mut sealed = encryptor.unwrap().wrap_output(created(&at("sealed")).unwrap()).unwrap();
        sealed.write_all(b"content").unwrap();
        sealed.finish().unwrap();
        let refused = open(&words("a horse of another colour"), &at("sealed"), &at("back"));
        assert!(matches!(refused, Err(SealError::NotSealed)), "{refused:?}");
    }
}
