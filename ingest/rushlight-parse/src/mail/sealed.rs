//! Parts that are encrypted or signed, by OpenPGP or S/MIME.

use mail_parser::{Message, MimeHeaders};
use rushlight_core::Warning;

/// What the types of a message's parts say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) encrypted: bool,
    pub(crate) signed: bool,
}

/// Looks at the types of all parts.
pub(crate) fn look(message: &Message<'_>) -> Sealed {
    let mut sealed = Sealed::default();
    for kind in message.parts.iter().filter_map(|part| part.content_type()) {
        let subtype = kind.subtype().unwrap_or_default().to_ascii_lowercase();
        let type_and_subtype = format!("{}/{subtype}", kind.ctype().to_ascii_lowercase());
        match type_and_subtype.as_str() {
            "multipart/encrypted" => sealed.encrypted = true,
            "multipart/signed" => sealed.signed = true,
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                match kind
                    .attribute("smime-type")
                    .map(str::to_ascii_lowercase)
                    .as_deref()
                {
                    Some("signed-data") => sealed.signed = true,
                    Some("certs-only" | "compressed-data") => {}
                    _ => sealed.encrypted = true,
                }
            }
            _ => {}
        }
    }
    sealed
}

/// The warning that an encrypted message carries.
pub(crate) fn warning() -> Warning {
    Warning {
        code: "mail_encrypted".to_owned(),
        message: "the message is encrypted; only its header is searchable, unless you save it decrypted"
            .to_owned(),
    }
}
