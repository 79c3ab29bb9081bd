//! A heap for components that live for one call: blocks of a few sizes, each with a list of free ones. They are never
//! joined or given back, which is what a general heap spends its time on; the host takes the whole memory afterwards.
//! Only large blocks, of which there are few, are joined with their neighbours, so that texts may grow to the limit.
//!
//! ```ignore
//! #[global_allocator]
//! static HEAP: windlass_sdk::Heap = windlass_sdk::Heap::new();
//! ```

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;

/// Blocks up to `SMALL` bytes come in steps of `STEP`; above, each doubling has `PARTS` sizes.
const STEP: usize = 16;
const SMALL: usize = 512;
const PARTS_LOG: u32 = 2;
const PARTS: usize = 1 << PARTS_LOG;
const SMALL_LOG: u32 = SMALL.ilog2();
/// Blocks above are of any number of `LARGE_STEP`s.
const LARGE: usize = 64 << 10;
const LARGE_STEP: usize = 4 << 10;
const CLASSES: usize = SMALL / STEP + (LARGE.ilog2() - SMALL_LOG) as usize * PARTS;
/// In place of a class.
const IS_LARGE: usize = CLASSES;
const PAGE: usize = 64 << 10;
/// What the memory grows by at least.
const CHUNK: usize = 16 * PAGE;

/// The heap of a component, which has one thread.
pub struct Heap(UnsafeCell<State>);

struct State {
    /// The rest of the newest piece of memory.
    next: usize,
    end: usize,
    /// For each class the newest free block, whose first word is the next one's address.
    free: [usize; CLASSES],
    /// The first free large block; they are in the order of their addresses.
    large: usize,
}

/// What stands at the start of a free large block.
struct Gap {
    size: usize,
    next: usize,
}

// SAFETY: core WebAssembly without the threads proposal, which Windlass does not switch on, has one thread.
unsafe impl Sync for Heap {}

impl Heap {
    pub const fn new() -> Self {
        Heap(UnsafeCell::new(State { next: 0, end: 0, free: [0; CLASSES], large: 0 }))
    }
}

impl Default for Heap {
    fn default() -> Self {
        Self::new()
    }
}

/// The class of a size, and the size of its blocks.
fn class(size: usize) -> (usize, usize) {
    if size <= SMALL {
        let steps = size.div_ceil(STEP).max(1);
        return (steps - 1, steps * STEP);
    }
    if size > LARGE {
        return (IS_LARGE, size.next_multiple_of(LARGE_STEP));
    }
    let below = size - 1;
    let log = below.ilog2();
    let parts = below >> (log - PARTS_LOG);
    let index = SMALL / STEP + (log - SMALL_LOG) as usize * PARTS + (parts & (PARTS - 1));
    (index, (parts + 1) << (log - PARTS_LOG))
}

impl State {
    /// A block from the rest of the memory, which grows when it has to; null when it may not.
    fn carve(&mut self, size: usize) -> *mut u8 {
        if self.end - self.next < size && !self.grow(size) {
            return ptr::null_mut();
        }
        let block = self.next;
        self.next += size;
        block as *mut u8
    }

    /// The first gap that is large enough, or the start of it.
    fn take_large(&mut self, size: usize) -> *mut u8 {
        let mut link: *mut usize = &mut self.large;
        // SAFETY: the links lead through free blocks only, and each of those begins with a `Gap`.
        unsafe {
            while *link != 0 {
                let block = *link;
                let Gap { size: found, next } = ptr::read(block as *const Gap);
                if found > size {
                    ptr::write((block + size) as *mut Gap, Gap { size: found - size, next });
                    *link = block + size;
                    return block as *mut u8;
                }
                if found == size {
                    *link = next;
                    return block as *mut u8;
                }
                link = &raw mut (*(block as *mut Gap)).next;
            }
        }
        self.carve(size)
    }

    /// Puts a large block back, joined with the gaps that it touches.
    fn give_large(&mut self, block: usize, mut size: usize) {
        let (mut before, mut link): (usize, *mut usize) = (0, &mut self.large);
        // SAFETY: as above; the block is free from now on, and at least as long as a `Gap`.
        unsafe {
            while *link != 0 && *link < block {
                before = *link;
                link = &raw mut (*(before as *mut Gap)).next;
            }
            let mut next = *link;
            if block + size == next {
                let Gap { size: more, next: after } = ptr::read(next as *const Gap);
                (size, next) = (size + more, after);
            }
            if before != 0 && before + (*(before as *const Gap)).size == block {
                (*(before as *mut Gap)).size += size;
                (*(before as *mut Gap)).next = next;
            } else {
                ptr::write(block as *mut Gap, Gap { size, next });
                *link = block;
            }
        }
    }

    fn grow(&mut self, size: usize) -> bool {
        let pages = size.max(CHUNK).div_ceil(PAGE);
        let Some(start) = more_memory(pages) else { return false };
        // Where nobody else has grown the memory, the new piece goes on with the old one.
        if start != self.end {
            self.next = start;
        }
        self.end = start + pages * PAGE;
        true
    }

    /// Moves the end of the block if it is the last one that was carved.
    fn stretch(&mut self, block: usize, size: usize, wanted: usize) -> bool {
        let is_last = block + size == self.next;
        let fits = is_last && (self.end - block >= wanted || self.grow(wanted - (self.end - block)));
        // Memory that another has grown in between does not go on behind the block.
        if !fits || block + size != self.next {
            return false;
        }
        self.next = block + wanted;
        true
    }
}

/// Where the new pages begin; none when there are no more.
#[cfg(target_arch = "wasm32")]
fn more_memory(pages: usize) -> Option<usize> {
    let before = core::arch::wasm32::memory_grow(0, pages);
    (before != usize::MAX).then_some(before * PAGE)
}

/// Tests run where memory does not grow: theirs comes in pieces that lie anywhere.
#[cfg(not(target_arch = "wasm32"))]
fn more_memory(pages: usize) -> Option<usize> {
    let piece = vec![0u128; pages * PAGE / size_of::<u128>()].leak();
    Some(piece.as_ptr() as usize)
}

// SAFETY: a block is handed out once until it is given back, is as large as its class, which follows from its layout
// alone, and is aligned to `STEP`; what asks for more is cut out of a larger block and never comes back.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let state = unsafe { &mut *self.0.get() };
        if layout.align() > STEP {
            let block = state.carve((layout.size() + layout.align()).next_multiple_of(STEP));
            return if block.is_null() { block } else { block.wrapping_add(block.align_offset(layout.align())) };
        }
        let (index, size) = class(layout.size());
        if index == IS_LARGE {
            return state.take_large(size);
        }
        match state.free[index] {
            0 => state.carve(size),
            block => {
                state.free[index] = unsafe { *(block as *const usize) };
                block as *mut u8
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.align() > STEP {
            return;
        }
        let state = unsafe { &mut *self.0.get() };
        let (index, size) = class(layout.size());
        if index == IS_LARGE {
            return state.give_large(block as usize, size);
        }
        unsafe { *block.cast::<usize>() = state.free[index] };
        state.free[index] = block as usize;
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, wanted: usize) -> *mut u8 {
        let state = unsafe { &mut *self.0.get() };
        if layout.align() <= STEP {
            let ((_, size), (_, wanted)) = (class(layout.size()), class(wanted));
            if size == wanted || state.stretch(block as usize, size, wanted) {
                return block;
            }
        }
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(wanted, layout.align())) };
        if !moved.is_null() {
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(wanted));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block that somebody has written all over.
    struct Written {
        block: *mut u8,
        layout: Layout,
        byte: u8,
    }

    impl Written {
        fn new(heap: &Heap, layout: Layout, byte: u8) -> Self {
            // SAFETY: no layout here is empty.
            let block = unsafe { heap.alloc(layout) };
            assert_eq!(block.align_offset(layout.align()), 0);
            let written = Written { block, layout, byte };
            written.write();
            written
        }

        fn write(&self) {
            // SAFETY: the block is ours, and as long as its layout says.
            unsafe { self.block.write_bytes(self.byte, self.layout.size()) };
        }

        #[track_caller]
        fn check(&self, length: usize) {
            // SAFETY: as above, and it was written when it was taken.
            let bytes = unsafe { core::slice::from_raw_parts(self.block, length) };
            assert!(bytes.iter().all(|byte| *byte == self.byte), "another block lies in {:?}", self.layout);
        }

        fn resize(&mut self, heap: &Heap, size: usize) {
            let kept = size.min(self.layout.size());
            // SAFETY: the block and its layout are those that the heap gave.
            self.block = unsafe { heap.realloc(self.block, self.layout, size) };
            self.layout = Layout::from_size_align(size, self.layout.align()).unwrap();
            self.check(kept);
            self.write();
        }

        fn give_back(self, heap: &Heap) {
            self.check(self.layout.size());
            // SAFETY: as above; nobody uses it any more.
            unsafe { heap.dealloc(self.block, self.layout) };
        }
    }

    /// The next of a row of numbers that look like chance.
    fn next(state: &mut u64) -> usize {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as usize
    }

    fn any_size(state: &mut u64) -> usize {
        let most = [64, SMALL + STEP, 4 * LARGE_STEP, LARGE + STEP, 4 * LARGE][next(state) % 5];
        1 + next(state) % most
    }

    #[test]
    fn blocks_keep_what_is_written_into_them_whatever_comes_and_goes() {
        let (heap, mut state) = (Heap::new(), 1);
        let mut held = Vec::new();
        for step in 0..20_000 {
            let at = next(&mut state) % 200;
            match next(&mut state) % 3 {
                0 if at < held.len() => Written::give_back(held.swap_remove(at), &heap),
                1 if at < held.len() => held[at].resize(&heap, any_size(&mut state)),
                _ if held.len() < 200 => {
                    let align = [1, 8, 16, 64][next(&mut state) % 4];
                    let layout = Layout::from_size_align(any_size(&mut state), align).unwrap();
                    held.push(Written::new(&heap, layout, step as u8));
                }
                _ => {}
            }
        }
        held.into_iter().for_each(|written| written.give_back(&heap));
    }

    #[test]
    fn what_large_blocks_leave_is_joined() {
        let heap = Heap::new();
        let layout = Layout::from_size_align(2 * LARGE, 1).unwrap();
        let blocks: Vec<Written> = (0..4).map(|byte| Written::new(&heap, layout, byte)).collect();
        let first = blocks[0].block;
        let order = [1, 3, 0, 2];
        let mut blocks: Vec<Option<Written>> = blocks.into_iter().map(Some).collect();
        order.into_iter().filter_map(|at| blocks[at].take()).for_each(|written| written.give_back(&heap));
        let all = Layout::from_size_align(8 * LARGE, 1).unwrap();
        assert_eq!(Written::new(&heap, all, 9).block, first);
    }
}
