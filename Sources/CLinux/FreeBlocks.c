// Small blocks of memory that were freed are kept by size while the process has one thread, and given out again.
//
// A simulation makes and drops some 25 small blocks for each write. The C library keeps seven free blocks of each size at hand and
// merges and splits the others, which costs it several looks at cold memory. Here the last one freed, which is still in the cache, is
// the first one given out. All of them are the C library's own blocks of at least the size asked for, so that it may free any of them.
// It gets those back that are too many to be in the cache: merged, they are room in which what is made together lies together.
// With the second thread all is as it always was.
// Source of the interface: swift/stdlib/public/runtime/Heap.cpp, Swift 6.3.
#ifdef WRAPS_RUNTIME

#include <malloc.h>
#include <stddef.h>
#include <sys/single_threaded.h>

void *__real_swift_slowAlloc(size_t size, size_t alignMask);
void __real_swift_slowDealloc(void *block, size_t size, size_t alignMask);

struct Block {
  struct Block *next;
};
/// The C library's blocks hold 24, 40, 56 … bytes: list `n` has blocks of at least 16 n + 8. All of them together: 35 MB at the most.
enum { listCount = 65, largest = 16 * (listCount - 1) + 8, listLimit = 1024 };
static struct {
  struct Block *first;
  int count;
} lists[listCount];

/// What malloc's blocks are aligned to at least.
static inline int isUsual(size_t alignMask) { return alignMask <= 15; }

void *__wrap_swift_slowAlloc(size_t size, size_t alignMask) {
  if (size <= largest && isUsual(alignMask) && __libc_single_threaded) {
    size_t list = size <= 24 ? 1 : (size + 7) / 16;
    struct Block *block = lists[list].first;
    if (block) {
      lists[list].first = block->next;
      lists[list].count--;
      return block;
    }
  }
  return __real_swift_slowAlloc(size, alignMask);
}

void __wrap_swift_slowDealloc(void *block, size_t size, size_t alignMask) {
  if (block && isUsual(alignMask) && __libc_single_threaded) {
    // The size that is told is not that of a buffer's elements.
    size_t usable = malloc_usable_size(block);
    size_t list = (usable - 8) / 16;
    if (usable <= largest && lists[list].count < listLimit) {
      ((struct Block *)block)->next = lists[list].first;
      lists[list].first = block;
      lists[list].count++;
      return;
    }
  }
  __real_swift_slowDealloc(block, size, alignMask);
}

#endif
