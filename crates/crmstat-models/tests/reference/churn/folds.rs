//! The folds of scikit-learn's `RepeatedStratifiedKFold`, so that a protocol is the same to the row.

/// `numpy.random.RandomState`: the Mersenne twister MT19937 (Matsumoto and Nishimura, 1998).
struct RandomState {
    words: [u32; 624],
    next: usize,
}

impl RandomState {
    fn new(seed: u32) -> Self {
        let mut words = [seed; 624];
        for index in 1..624 {
            let last = words[index - 1];
            words[index] =
                (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(index as u32);
        }
        Self { words, next: 624 }
    }

    fn word(&mut self) -> u32 {
        if self.next == 624 {
            for index in 0..624 {
                let mixed = (self.words[index] & 0x8000_0000)
                    | (self.words[(index + 1) % 624] & 0x7FFF_FFFF);
                let twist = if mixed & 1 == 1 { 0x9908_B0DF } else { 0 };
                self.words[index] = self.words[(index + 397) % 624] ^ (mixed >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C_5680;
        word ^= (word << 15) & 0xEFC6_0000;
        word ^ (word >> 18)
    }

    /// A whole number from 0 to `largest`, by masked rejection.
    fn up_to(&mut self, largest: usize) -> usize {
        let mask = (largest + 1).next_power_of_two() - 1;
        loop {
            let value = self.word() as usize & mask;
            if value <= largest {
                return value;
            }
        }
    }

    fn shuffle(&mut self, values: &mut [usize]) {
        for index in (1..values.len()).rev() {
            values.swap(index, self.up_to(index));
        }
    }
}

/// The fold of each row, once per repeat.
pub(super) fn repeated_stratified_folds(
    labels: &[bool],
    folds: usize,
    repeats: usize,
    seed: u32,
) -> Vec<Vec<usize>> {
    let mut random = RandomState::new(seed);
    (0..repeats).map(|_| stratified_folds(labels, folds, &mut random)).collect()
}

/// `StratifiedKFold(shuffle=True)`: classes in the order of their first rows, each dealt out as the
/// sorted labels would be, then shuffled.
fn stratified_folds(labels: &[bool], folds: usize, random: &mut RandomState) -> Vec<usize> {
    let mut sorted = labels.to_vec();
    sorted.sort_by_key(|label| *label != labels[0]);
    let mut result = vec![0; labels.len()];
    for class in [labels[0], !labels[0]] {
        let mut dealt = Vec::new();
        for fold in 0..folds {
            let own = sorted.iter().skip(fold).step_by(folds).filter(|label| **label == class);
            dealt.extend(own.map(|_| fold));
        }
        random.shuffle(&mut dealt);
        let rows = (0..labels.len()).filter(|row| labels[*row] == class);
        rows.zip(dealt).for_each(|(row, fold)| result[row] = fold);
    }
    result
}

#[test]
fn the_folds_are_scikit_learns() {
    // StratifiedKFold(5, shuffle=True) of this pattern, twice from one RandomState(0); scikit-learn 1.9.1.
    let labels: Vec<bool> = (0..30).map(|row| row % 3 == 1).collect();
    let digits = |folds: &[usize]| folds.iter().map(ToString::to_string).collect::<String>();
    let folds = repeated_stratified_folds(&labels, 5, 2, 0);
    assert_eq!(digits(&folds[0]), "420412214123100103241442030333");
    assert_eq!(digits(&folds[1]), "403141243122413034010033124202");
}
