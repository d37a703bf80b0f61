namespace vipherd::cli {
int main(int argc, char** argv);
}

int main(int argc, char** argv) { return vipherd::cli::main(argc, argv); }
