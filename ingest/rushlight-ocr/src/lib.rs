//! Text of pictures: scanned pages and images, read with PP-OCR models on rten.
