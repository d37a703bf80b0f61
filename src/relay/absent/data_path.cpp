// Where the build found no clang, bpftool or libbpf: the same interface, which says so.
#include "vipherd/relay/data_path.hpp"

namespace vipherd::relay {

struct DataPath::State {};

namespace {
Error absent() { return fail("this vipherd was built without the relay (clang, bpftool, libbpf)"); }
}  // namespace

DataPath::DataPath(std::unique_ptr<State> state) : state_(std::move(state)) {}
DataPath::DataPath(DataPath&&) noexcept = default;
DataPath& DataPath::operator=(DataPath&&) noexcept = default;
DataPath::~DataPath() = default;

Result<DataPath> DataPath::load(const Settings&) { return absent(); }
Result<void> DataPath::set_vips(const std::vector<IpAddress>&) { return absent(); }
Result<void> DataPath::set_siblings(const std::vector<IpAddress>&) { return absent(); }
Result<void> DataPath::set_ring(Family, const Ring&) { return absent(); }
void DataPath::renew(std::chrono::steady_clock::time_point) {}
Result<void> DataPath::attach(const std::vector<std::string>&) { return absent(); }
Result<void> DataPath::detach() { return absent(); }
void DataPath::leave() {}
Result<Counters> DataPath::counters() const { return absent(); }
Result<std::vector<std::string>> remove_orphans() { return std::vector<std::string>{}; }
bool is_built_in() { return false; }

}  // namespace vipherd::relay
