//! Lists, tuples, sets and maps.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use crate::table;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Right {
    ReadAll,
    WriteOwn,
}

/// A key that holds something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Key {
    User(u32),
    Team { id: u32 },
}

/// A heap that can be compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Heap(BinaryHeap<u32>);

impl PartialEq for Heap {
    fn eq(&self, other: &Self) -> bool {
        self.0.clone().into_sorted_vec() == other.0.clone().into_sorted_vec()
    }
}

/// A comment with replies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Comment(Vec<Comment>);

/// Levels of comments. The table puts them into a list, too, which is one more.
fn comments(levels: usize) -> Comment {
    (1..levels).fold(Comment::default(), |reply, _| Comment(vec![reply]))
}

fn words() -> impl Iterator<Item = String> {
    (0..40).map(|n| format!("word {n}"))
}

fn counted<M: FromIterator<(String, u32)>>() -> M {
    words().zip(0..).collect()
}

table! {
    bytes_as_a_list: Vec<u8> => Survives, Survives; [vec![], vec![0, 127, 128, 255]]
    list: Vec<u32> => Survives, Survives; [vec![], vec![0, 300], (0..300).collect()]
    list_of_texts: Vec<String> => Survives, Survives; [vec![], words().collect()]
    list_of_units: Vec<()> => Survives, Survives; [vec![], vec![(); 300]]
    list_of_options: Vec<Option<u8>> => Survives, Survives; [vec![None, Some(0), None]]
    list_of_lists: Vec<Vec<u8>> => Survives, Survives; [vec![], vec![vec![], vec![1]]]
    deque: VecDeque<u32> => Survives, Survives; [[1, 2].into(), VecDeque::new()]
    linked_list: LinkedList<u32> => Survives, Survives; [LinkedList::from([1, 2])]
    heap: Heap => Reordered, Reordered; [Heap((0..40).collect()), Heap([3, 1, 2].into())]
    array: [u8; 16] => Survives, Survives; [[0; 16], [255; 16]]
    array_of_none: [String; 0] => Survives, Survives; [[]]
    array_of_texts: [String; 2] => Survives, Survives; [[String::new(), "x".into()]]
    longest_array: [u8; 32] => Survives, Survives; [[7; 32]]
    pair: (u32, String) => Survives, Survives; [(0, String::new()), (300, "x".into())]
    tuple_of_one: (u8,) => Survives, Survives; [(7,)]
    tuple_of_many: (u8, i16, (bool, char), Option<f32>) => Survives, Survives; [(1, -1, (true, 'x'), Some(0.5))]
    ordered_set: BTreeSet<u32> => Survives, Survives; [BTreeSet::new(), (0..40).collect()]
    hash_set: HashSet<String> => Reordered, Reordered; [words().collect(), HashSet::new()]
    ordered_map: BTreeMap<String, u32> => Survives, Survives; [BTreeMap::new(), counted()]
    hash_map: HashMap<String, u32> => Reordered, Reordered; [counted(), HashMap::new()]
    index_map: IndexMap<String, u32> => Survives, Survives; [IndexMap::new(), counted()]
    index_set: IndexSet<String> => Survives, Survives; [IndexSet::new(), words().collect()]
    map_of_integers: BTreeMap<i64, bool> => Survives, Survives; [[(-1, true), (i64::MAX, false)].into()]
    map_of_wide_integers: BTreeMap<u128, bool> => Survives, Survives; [[(0, true), (u128::MAX, false)].into()]
    map_of_bools: BTreeMap<bool, u8> => Survives, Survives; [[(false, 0), (true, 1)].into()]
    map_of_chars: BTreeMap<char, u8> => Survives, Survives; [[('a', 0), ('é', 1)].into()]
    map_of_options: BTreeMap<Option<u8>, u8> => Survives, Survives; [[(None, 0), (Some(1), 1)].into()]
    map_of_tuples: BTreeMap<(u8, String), u8> => Survives, Survives; [[((1, "x".into()), 1)].into()]
    map_of_variants: BTreeMap<Right, u8> => Survives, Survives; [[(Right::ReadAll, 0), (Right::WriteOwn, 1)].into()]
    hash_map_of_variants: HashMap<Right, u8> => Reordered, Reordered; [[(Right::ReadAll, 0), (Right::WriteOwn, 1)].into()]
    map_of_variants_with_content: BTreeMap<Key, u8> => Survives, Survives; [
        [(Key::User(7), 0), (Key::Team { id: 7 }, 1)].into(),
    ]
    map_of_maps: BTreeMap<u8, BTreeMap<String, Vec<u8>>> => Survives, Survives; [[(1, [("x".into(), vec![1])].into())].into()]
    map_of_nested_options: BTreeMap<u8, Option<Option<u8>>> => Refused, Survives; [[(1, Some(None))].into()]
    nested_63_levels: Comment => Survives, Survives; [comments(63)]
    nested_65_levels: Comment => Refused, Refused; [comments(65), comments(500)]
}
