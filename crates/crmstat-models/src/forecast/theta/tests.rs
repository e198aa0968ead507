use proptest::prelude::*;

use super::*;
use crate::forecast::Series;
