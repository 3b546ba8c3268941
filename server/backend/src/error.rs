//! Refused is not failed: a refusal is shown in words, a failure is logged and shown as a number.

use domain::Refusal;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Something that should not happen. Its text is for the log, never for the person.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// A row with this key exists already.
    pub(crate) fn is_unique_violation(&self) -> bool {
        self.database()
            .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// It names a row that is gone.
    pub(crate) fn is_foreign_key_violation(&self) -> bool {
        self.database()
            .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
    }

    /// Two transactions stood in each other's way and this one gave in: it may simply be run again.
    pub(crate) fn is_conflict(&self) -> bool {
        // PostgreSQL, appendix A: serialization_failure and deadlock_detected.
        self.code()
            .is_some_and(|code| matches!(&*code, "40001" | "40P01"))
    }

    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.database().and_then(sqlx::error::DatabaseError::code)
    }

    fn database(&self) -> Option<&dyn sqlx::error::DatabaseError> {
        match self {
            Self::Failed(Failure::Database(error)) => error.as_database_error(),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let failed = Self::Failed(Failure::Database(error));
        // SQLITE_FULL, SQLITE_IOERR_SHMSIZE (the file beside the log cannot grow), and PostgreSQL's disk_full.
        let full = failed
            .code()
            .is_some_and(|code| matches!(&*code, "13" | "4874" | "53100"));
        if full {
            return Self::Refused(Refusal::StorageFull);
        }
        failed
    }
}
