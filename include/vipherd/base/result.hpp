// Result<T>: an expected failure is a value that says what went wrong.
// Exceptions never cross a room; a broken invariant aborts (base/assert.hpp).
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace vipherd {

/// Why something failed, as a sentence for a person.
struct Error {
  std::string what;
  friend bool operator==(const Error&, const Error&) = default;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::runtime_error(error.what);
}

template <class T>
using Result = boost::system::result<T, Error>;

inline Error fail(std::string what) { return Error{std::move(what)}; }

}  // namespace vipherd
