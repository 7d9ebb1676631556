//! The shapes of the network's matrices, in the order in which a model file holds them.

use super::{STATUSES, TYPES, path, seen::PLACE};

/// Numbers of a word's vector in the parser's model.
pub const VECTOR: usize = 96;
/// Numbers of a word's input.
pub const INPUT: usize = 96;
/// Cells of a layer over a sentence, in one direction.
pub const CELLS: usize = 64;
/// What the two layers hold of a word.
pub const HELD: usize = 2 * CELLS;
/// Cells of the layer over an article, in one direction.
pub const ARTICLE_CELLS: usize = 24;
/// What is known of a sentence within its article.
pub const ARTICLE: usize = 2 * ARTICLE_CELLS + PLACE;
/// Numbers before type and status are told.
pub const HIDDEN: usize = 96;
/// Numbers that a trigger and a party are compared by.
pub const PAIR: usize = 64;
/// Types and "none".
pub const KINDS: usize = TYPES.len() + 1;

/// Places of the matrices in the list of shapes; biases are matrices of one row.
pub const PROJECT: usize = 0;
/// Gates of the first layer.
pub const GATES1: usize = 1;
/// Gates of the second layer.
pub const GATES2: usize = 3;
/// Gates of the layer over the article.
pub const ARTICLE_GATES: usize = 5;
/// From a word to the hidden numbers.
pub const HIDE: usize = 7;
/// From its sentence to the hidden numbers.
pub const HIDE_ARTICLE: usize = 9;
/// Types.
pub const KIND: usize = 10;
/// Statuses.
pub const STATUS: usize = 12;
/// What each type adds to the statuses.
pub const STATUS_OF_KIND: usize = 14;
/// What a trigger asks of its parties.
pub const QUERY: usize = 15;
/// What each type adds to that.
pub const QUERY_OF_KIND: usize = 17;
/// What a word offers as a party.
pub const KEY: usize = 18;
/// What each class of distance adds.
pub const NEAR: usize = 19;
/// What each way through the tree adds.
pub const WAY: usize = 20;
/// Actor and recipient scores.
pub const SIDES: usize = 21;
/// Scores of nobody and of somebody elsewhere, for both sides.
pub const ABSENT: usize = 23;

/// Inputs and outputs of each matrix.
pub const SHAPES: [(usize, usize); 25] = [
    (VECTOR, INPUT),
    (INPUT, 6 * CELLS),
    (1, 6 * CELLS),
    (HELD, 6 * CELLS),
    (1, 6 * CELLS),
    (HELD + PLACE, 6 * ARTICLE_CELLS),
    (1, 6 * ARTICLE_CELLS),
    (HELD + INPUT, HIDDEN),
    (1, HIDDEN),
    (ARTICLE, HIDDEN),
    (HIDDEN, KINDS),
    (1, KINDS),
    (HIDDEN, STATUSES.len()),
    (1, STATUSES.len()),
    (KINDS, STATUSES.len()),
    (HELD, PAIR),
    (1, PAIR),
    (KINDS, PAIR),
    (HELD + INPUT, PAIR),
    (path::DISTANCES, PAIR),
    (path::PATHS, PAIR),
    (PAIR, 2),
    (1, 2),
    (PAIR, 4),
    (1, 4),
];
