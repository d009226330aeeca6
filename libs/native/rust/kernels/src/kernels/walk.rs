//! A walk over the elements of strided arrays in row-major order.

/// Maximum rank.
pub const RANK: usize = 32;

/// Offsets of one element in K arrays with common sizes. Offsets wrap, so strides may be negative.
pub struct Walk<'a, const K: usize> {
    sizes: &'a [usize],
    strides: [&'a [usize]; K],
    place: [usize; RANK],
    pub offsets: [usize; K],
}

impl<'a, const K: usize> Walk<'a, K> {
    /// At the element with this row-major index. Offsets start at `starts`. No size is 0.
    #[inline(always)]
    pub fn new(sizes: &'a [usize], strides: [&'a [usize]; K], starts: [usize; K], index: usize) -> Self {
        assert!(sizes.len() <= RANK && strides.iter().all(|strides| strides.len() >= sizes.len()));
        let mut walk = Self { sizes, strides, place: [0; RANK], offsets: starts };
        let mut rest = index;
        for d in (0..sizes.len()).rev() {
            walk.place[d] = rest % sizes[d];
            rest /= sizes[d];
            for k in 0..K {
                let step = walk.place[d].wrapping_mul(strides[k][d]);
                walk.offsets[k] = walk.offsets[k].wrapping_add(step);
            }
        }
        walk
    }

    /// Moves to the next element, after the last one to the first.
    #[inline(always)]
    pub fn advance(&mut self) {
        for d in (0..self.sizes.len()).rev() {
            self.place[d] += 1;
            for k in 0..K {
                self.offsets[k] = self.offsets[k].wrapping_add(self.strides[k][d]);
            }
            if self.place[d] < self.sizes[d] {
                return;
            }
            self.place[d] = 0;
            for k in 0..K {
                let back = self.sizes[d].wrapping_mul(self.strides[k][d]);
                self.offsets[k] = self.offsets[k].wrapping_sub(back);
            }
        }
    }
}
