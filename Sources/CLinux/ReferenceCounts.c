// Reference counts without locked instructions while the process has one thread.
//
// Each retain and release of a Swift program calls the runtime, whose locked instructions cost most of their time and keep the processor
// from waiting for several parts of memory at once. The linker (--wrap) leads these calls here; glibc says whether there is a second
// thread, as it does for libstdc++'s shared_ptr, and from the first one on the runtime counts as it always does. A simulation stays with
// one thread for its life.
//
// What is assumed of an object's header holds for Swift 6.3 on x86-64; Package.swift leaves this file out for anything else.
// Source: swift/stdlib/public/SwiftShims/swift/shims/RefCount.h (RefCountBitOffsets<8>), runtime/HeapObject.cpp, SwiftObject.mm.
#ifdef WRAPS_RUNTIME

#include <stdint.h>
#include <sys/single_threaded.h>

/// A native object: its type, then its counts. The strong count begins at bit 33; with bit 63 the counts are elsewhere, or the object is
/// immortal. Either way a sum that is negative is none of ours.
struct Object {
  const void *type;
  uint64_t counts;
};
static const uint64_t oneReference = (uint64_t)1 << 33;
/// A reference to a text's bytes may carry bits of its own.
static const uintptr_t addressBits = 0x80fffffffffffff9;

void *__real_swift_retain(void *object);
void __real_swift_release(void *object);
void *__real_swift_bridgeObjectRetain(void *object);
void __real_swift_bridgeObjectRelease(void *object);
void *swift_nonatomic_retain(void *object);
void swift_nonatomic_release(void *object);

/// Null, and what is no pointer to an object: a text of at most 15 bytes, or one that is part of the program.
static inline int countsNothing(void *object) { return (intptr_t)object <= 0; }

static inline void retain(struct Object *object) {
  uint64_t counts = object->counts + oneReference;
  if ((int64_t)counts < 0) {
    swift_nonatomic_retain(object);
  } else {
    object->counts = counts;
  }
}

/// The last release makes the sum negative: the runtime destroys.
static inline void release(struct Object *object) {
  uint64_t counts = object->counts - oneReference;
  if ((int64_t)counts < 0) {
    swift_nonatomic_release(object);
  } else {
    object->counts = counts;
  }
}

static inline struct Object *address(void *object) { return (struct Object *)((uintptr_t)object & addressBits); }

void *__wrap_swift_retain(void *object) {
  if (countsNothing(object)) return object;
  if (!__libc_single_threaded) return __real_swift_retain(object);
  retain(object);
  return object;
}

void __wrap_swift_release(void *object) {
  if (countsNothing(object)) return;
  if (!__libc_single_threaded) return __real_swift_release(object);
  release(object);
}

void *__wrap_swift_bridgeObjectRetain(void *object) {
  if (countsNothing(object)) return object;
  if (!__libc_single_threaded) return __real_swift_bridgeObjectRetain(object);
  retain(address(object));
  return object;
}

void __wrap_swift_bridgeObjectRelease(void *object) {
  if (countsNothing(object)) return;
  if (!__libc_single_threaded) return __real_swift_bridgeObjectRelease(object);
  release(address(object));
}

#endif
