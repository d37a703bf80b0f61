// A real nginx as a process of its own, with certificates made for it, all in a folder that
// goes when it goes. It inherits its listening sockets, so its ports are known and connections
// may be made before it is up.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace vipherd::probe::testing {

class Nginx {
 public:
  Nginx() : folder_(make_folder()) {
    make_certificates();
    const std::string listeners = listen_on({&plain_, &valid_, &expired_, &soon_, &endless_,
                                             &chain_, &self_signed_, &mutual_, &h2_, &h2c_});
    write_configuration();
    start(listeners);
  }
  ~Nginx() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  std::string plain() const { return at(plain_); }      ///< HTTP
  std::string valid() const { return at(valid_); }      ///< for web.example and 127.0.0.1
  std::string expired() const { return at(expired_); }  ///< the same, expired
  std::string soon() const { return at(soon_); }        ///< the same, valid for three days
  std::string endless() const { return at(endless_); }  ///< the same, until the year 9966
  std::string chain() const { return at(chain_); }      ///< as valid(), with a CA of two days
  std::string self_signed() const { return at(self_signed_); }
  std::string mutual() const { return at(mutual_); }             ///< wants a certificate of ours
  std::string h2() const { return at(h2_); }                     ///< HTTP/2 and HTTP/1.1 over TLS
  std::string h2c() const { return at(h2c_); }                   ///< HTTP/2 from the first byte
  std::string unix_plain() const { return path("plain.sock"); }  ///< HTTP
  std::string unix_tls() const { return path("tls.sock"); }      ///< as valid()
  std::string ca_file() const { return folder_ + "/ca.pem"; }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  static std::string make_folder() {
    std::string folder = ::testing::TempDir() + "vipherd-nginx-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make " + folder);
    return folder;
  }
  static std::string at(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

  void shell(const std::string& command) const {
    const std::string line = "cd " + folder_ + " && (" + command + ") >log 2>&1";
    if (std::system(line.c_str()) == 0) return;
    std::ifstream log(folder_ + "/log");
    throw std::runtime_error(command + ": " + std::string{std::istreambuf_iterator<char>(log), {}});
  }

  void make_certificates() const {
    const std::string key = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
    shell(key +
          "-keyout ca.key -out ca.pem -subj '/CN=test CA' -days 2 "
          "-addext basicConstraints=critical,CA:TRUE");
    std::ofstream(folder_ + "/ext") << "subjectAltName=DNS:web.example,IP:127.0.0.1\n";
    shell(
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key "
        "-out server.csr -subj /CN=web.example");
    const std::string sign =
        "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext ";
    shell(sign + "-days 30 -out valid.pem");
    shell(sign + "-days 3 -out soon.pem");
    shell(sign + "-days 2900000 -out endless.pem");
    // By `openssl ca`, since `openssl x509` takes no end before today from version 3.5 on.
    std::ofstream(folder_ + "/ca.conf")
        << "[ca]\ndefault_ca = test\n[test]\ndatabase = issued\nserial = serial\n"
           "new_certs_dir = .\ndefault_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n";
    shell(
        ": >issued && echo 01 >serial && openssl ca -batch -notext -config ca.conf -cert ca.pem "
        "-keyfile ca.key -extfile ext -in server.csr -startdate 20200101000000Z "
        "-enddate \"$(date -u -d yesterday +%Y%m%d%H%M%SZ)\" -out expired.pem");
    shell("cat valid.pem ca.pem >chain.pem");
    shell(
        "openssl req -x509 -key server.key -out self.pem -subj /CN=web.example -days 30 "
        "-addext subjectAltName=DNS:web.example,IP:127.0.0.1");
    shell(
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.key "
        "-out client.csr -subj /CN=client");
    shell(
        "openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 "
        "-out client.pem");
    shell("cat client.pem client.key >client-both.pem");
  }

  /// Fills in the ports; returns what nginx takes from the environment as inherited sockets.
  std::string listen_on(const std::vector<std::uint16_t*>& ports) {
    std::string inherited;
    for (std::uint16_t* port : ports) {
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      sockets_.push_back(socket);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof(address);
      auto* generic = reinterpret_cast<sockaddr*>(&address);
      if (::bind(socket, generic, size) != 0 || ::listen(socket, 64) != 0 ||
          ::getsockname(socket, generic, &size) != 0) {
        throw std::runtime_error("cannot listen on loopback");
      }
      *port = ntohs(address.sin_port);
      inherited += std::to_string(socket) + ";";
    }
    return inherited;
  }

  std::string server(const std::string& listen, const std::string& certificate = {},
                     const std::string& more = {}) const {
    std::string text = "server { listen " + listen;
    if (!certificate.empty()) {
      text += " ssl; ssl_certificate " + path(certificate) + "; ssl_certificate_key " +
              path("server.key");
    }
    // /sni answers 200 only to a client that names web.example in the handshake.
    return text + "; " + more +
           " location / { return 200 ok; } location /fail { return 503; } location /sni { "
           "if ($ssl_server_name != web.example) { return 421; } return 200 $host; } "
           "location /method { return 200 \"$request_method $server_protocol $content_type.\"; } "
           "location /to { return 302 /; } location /loop { return 302 /loop; } "
           "location /up { return 302 https://" +
           at(valid_) +
           "/; } "
           "location /down { return 302 http://" +
           at(plain_) +
           "/; } "
           "location /ftp { return 302 ftp://127.0.0.1/; } }\n";
  }

  void write_configuration() const {
    std::ofstream file(path("nginx.conf"));
    file << "daemon off; worker_processes 1; pid " << path("pid") << "; error_log "
         << path("error.log") << ";\nevents {}\nhttp { access_log off;\n";
    for (const char* temporary : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      file << temporary << "_temp_path " << path(temporary) << ";\n";
    }
    const std::string wants_client =
        "ssl_verify_client on; ssl_client_certificate " + ca_file() + ";";
    file << server(at(plain_)) << server(at(valid_), "valid.pem")
         << server(at(expired_), "expired.pem") << server(at(soon_), "soon.pem")
         << server(at(endless_), "endless.pem") << server(at(chain_), "chain.pem")
         << server(at(self_signed_), "self.pem") << server(at(mutual_), "valid.pem", wants_client)
         << server(at(h2_) + " http2", "valid.pem")
         << server(at(h2c_) + " http2", {}, "location /grpc. { return 503; }")
         << server("unix:" + unix_plain()) << server("unix:" + unix_tls(), "valid.pem") << "}\n";
  }

  void start(const std::string& listeners) {
    std::vector<std::string> words{"/usr/sbin/nginx", "-c", path("nginx.conf"), "-e",
                                   path("error.log")};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string variable = "NGINX=" + listeners;
    std::array<char*, 2> environment{variable.data(), nullptr};
    const int error = ::posix_spawn(&process_, words[0].c_str(), nullptr, nullptr, arguments.data(),
                                    environment.data());
    for (const int socket : sockets_) ::close(socket);
    if (error != 0) throw std::runtime_error("cannot start nginx (package nginx-light)");
  }

  std::string folder_;
  std::vector<int> sockets_;
  std::uint16_t plain_ = 0;
  std::uint16_t valid_ = 0;
  std::uint16_t expired_ = 0;
  std::uint16_t soon_ = 0;
  std::uint16_t endless_ = 0;
  std::uint16_t chain_ = 0;
  std::uint16_t self_signed_ = 0;
  std::uint16_t mutual_ = 0;
  std::uint16_t h2_ = 0;
  std::uint16_t h2c_ = 0;
  pid_t process_ = -1;
};

}  // namespace vipherd::probe::testing
