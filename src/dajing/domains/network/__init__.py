"""信息基础设施: who is covered by fibre, 4G, Wi-Fi, radio and television, in people, and where to build next."""
