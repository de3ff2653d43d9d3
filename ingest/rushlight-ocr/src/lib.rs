//! Reads text from pictures.
