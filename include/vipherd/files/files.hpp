// Reads and replaces whole small files. Never waits for another process: what is not a regular file
// (a FIFO, a device, a socket) is an error and not opened, and nothing is read beyond a limit. What
// a regular file's file system makes one wait for (a disk, a hung server) is not bounded here:
// a caller that must not wait does it on a thread (files/worker.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "vipherd/base/result.hpp"

namespace vipherd::files {

/// The file's bytes; nullopt if there is no such file. Fails with "cannot read PATH: REASON", also
/// if it holds more than `limit` bytes.
Result<std::optional<std::string>> read_if_there(const std::string& path, std::size_t limit);

/// The same, but a missing file is a failure, too.
Result<std::string> read(const std::string& path, std::size_t limit);

/// Whether read() would succeed, without reading: for a file that a library insists on opening by
/// itself. Only who may rename files in its directory could put something else there in between.
Result<void> check_readable(const std::string& path, std::size_t limit);

/// Puts a file with these bytes and mode 0644 (less the umask) at `path`, in place of a regular
/// file or of nothing; symbolic links are followed and stay. After a crash at any moment, also of
/// the machine, there is the whole old file or the whole new one: the bytes are synced before the
/// rename, the directory after it. Waits for the disk. On the way uses, and on failure removes,
/// `path` + ".new". Fails with a sentence.
Result<void> replace(const std::string& path, const std::string& text);

/// Writes the bytes after those that the file has, or into a new one of mode 0640 (less the umask).
/// Not synced: they may be lost with the machine. Fails with a sentence, also if it is no regular
/// file; then a part of the bytes may have been written.
Result<void> append(const std::string& path, std::string_view text);

}  // namespace vipherd::files
