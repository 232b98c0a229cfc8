/* A large variable on the stack that is written before it is read. Builds that zero all others first (WeirFlags.cmake) leave it as it is:
 * where a call takes a few microseconds, a page of zeros that nobody reads can be seen. */
#ifndef WEIR_BASE_UNSET_H
#define WEIR_BASE_UNSET_H

#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define WEIR__UNSET __attribute__((uninitialized))
#endif
#endif
#ifndef WEIR__UNSET
#define WEIR__UNSET
#endif

#endif
