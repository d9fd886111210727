//! The scenario file: its schema, its defaults and its errors.
