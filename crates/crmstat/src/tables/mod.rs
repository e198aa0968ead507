//! Typed tables: orders, deals, activities and the tables around them.
