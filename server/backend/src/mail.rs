//! The mail itself: composed from templates, sent by SMTP, EmailJS, or kept in the built-in mailbox.
