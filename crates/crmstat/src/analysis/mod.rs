//! One function per question: tables in, result structs out.
