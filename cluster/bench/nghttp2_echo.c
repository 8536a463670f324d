// The measuring stick of the bench: a gRPC unary echo on nghttp2 and epoll in one thread, with
// nothing behind it. Whatever a server does besides HTTP/2 framing shows as its distance to this.
//
//   cc -O2 -o nghttp2_echo nghttp2_echo.c -lnghttp2 && ./nghttp2_echo 127.0.0.1 PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_MAX = 4096, READ_MAX = 256 * 1024, WRITE_MAX = 1024 * 1024, STREAMS_MAX = 1024 };

struct call {
  struct call *next_free;
  size_t length, sent;
  unsigned char body[BODY_MAX];
};

struct connection {
  int fd;
  nghttp2_session *session;
  unsigned char *out;
  size_t out_length, out_sent;
  struct call *free_calls;
};

static int epoll_fd;

#define HEADER(n, v) \
  {(uint8_t *)n, (uint8_t *)v, sizeof(n) - 1, sizeof(v) - 1, \
   NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}
static nghttp2_nv response_headers[] = {HEADER(":status", "200"),
                                        HEADER("content-type", "application/grpc")};
static nghttp2_nv trailers[] = {HEADER("grpc-status", "0")};

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t length,
                         uint32_t *flags, nghttp2_data_source *source, void *user) {
  (void)user;
  struct call *call = source->ptr;
  size_t n = call->length - call->sent;
  if (n > length) n = length;
  memcpy(buffer, call->body + call->sent, n);
  call->sent += n;
  if (call->sent == call->length) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    nghttp2_submit_trailer(session, stream, trailers, 1);
  }
  return (ssize_t)n;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  struct connection *c = user;
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  struct call *call = c->free_calls;
  if (call) c->free_calls = call->next_free;
  else call = malloc(sizeof *call);
  call->length = call->sent = 0;
  nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
  return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t length, void *user) {
  (void)flags; (void)user;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (!call || call->length + length > BODY_MAX) return NGHTTP2_ERR_CALLBACK_FAILURE;
  memcpy(call->body + call->length, data, length);
  call->length += length;
  return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
  (void)user;
  if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
  if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) return 0;
  struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (!call) return 0;
  nghttp2_data_provider provider = {{.ptr = call}, read_body};
  return nghttp2_submit_response(session, frame->hd.stream_id, response_headers, 2, &provider);
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *user) {
  (void)code;
  struct connection *c = user;
  struct call *call = nghttp2_session_get_stream_user_data(session, stream);
  if (!call) return 0;
  call->next_free = c->free_calls;
  c->free_calls = call;
  return 0;
}

static void drop(struct connection *c) {
  nghttp2_session_del(c->session);
  close(c->fd);
  for (struct call *call = c->free_calls, *next; call; call = next) {
    next = call->next_free;
    free(call);
  }
  free(c->out);
  free(c);
}

// Writes what the session has; false when the connection is gone.
static int flush(struct connection *c) {
  for (;;) {
    if (c->out_sent == c->out_length) {
      c->out_sent = c->out_length = 0;
      while (c->out_length < WRITE_MAX - 65536) {
        const uint8_t *data;
        ssize_t n = nghttp2_session_mem_send(c->session, &data);
        if (n < 0) return 0;
        if (n == 0) break;
        memcpy(c->out + c->out_length, data, (size_t)n);
        c->out_length += (size_t)n;
      }
      if (c->out_length == 0) break;
    }
    ssize_t n = write(c->fd, c->out + c->out_sent, c->out_length - c->out_sent);
    if (n < 0) {
      if (errno != EAGAIN) return 0;
      struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
      epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
      return 1;
    }
    c->out_sent += (size_t)n;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
  return nghttp2_session_want_read(c->session) || nghttp2_session_want_write(c->session);
}

static void accept_one(int listener, nghttp2_session_callbacks *callbacks) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct connection *c = calloc(1, sizeof *c);
  c->fd = fd;
  c->out = malloc(WRITE_MAX);
  nghttp2_session_server_new(&c->session, callbacks, c);
  nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
                                       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}};
  nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, 2);
  nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, 16 << 20);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  if (!flush(c)) drop(c);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: nghttp2_echo ADDRESS PORT\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  nghttp2_session_callbacks *callbacks;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
  if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1 ||
      bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 512)) {
    perror("nghttp2_echo: listen");
    return 1;
  }
  epoll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);

  static unsigned char in[READ_MAX];
  for (;;) {
    struct epoll_event events[256];
    int n = epoll_wait(epoll_fd, events, 256, -1);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c) {
        accept_one(listener, callbacks);
        continue;
      }
      int alive = 1;
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        ssize_t got = read(c->fd, in, sizeof in);
        if (got == 0 || (got < 0 && errno != EAGAIN)) alive = 0;
        else if (got > 0) alive = nghttp2_session_mem_recv(c->session, in, (size_t)got) >= 0;
      }
      if (!alive || !flush(c)) drop(c);
    }
  }
}
