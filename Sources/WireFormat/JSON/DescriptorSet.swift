internal import CHoldfastProto

/// The serialized `google.protobuf.FileDescriptorSet` of everything in `proto/` and what it
/// imports, for reflection.
package func descriptorSetBytes() -> [UInt8] {
  let bytes = unsafe UnsafeBufferPointer(
    start: hf_descriptor_set(), count: hf_descriptor_set_size())
  return unsafe [UInt8](bytes)
}
