namespace ModelService.Models.Language.Layers;

/// <summary>The source of the attentions that torch.nn doesn't have.</summary>
internal static class WindowAttentionSource
{
    /// <summary>The places of two tokens in a window, relative to each other.</summary>
    public const string Index = """
        def relative_position_index(height, width):
            places = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")).flatten(1)
            down, right = places[:, :, None] - places[:, None, :]
            return (down + height - 1) * (2 * width - 1) + right + width - 1
        """;

    /// <summary>Swin's attention.</summary>
    public const string Window = """
        class WindowAttention(nn.Module):
            def __init__(self, dim, heads, window, shift, version):
                super().__init__()
                self.heads, self.window, self.shift, self.version = heads, window, shift, version
                rows, columns = 2 * window[0] - 1, 2 * window[1] - 1
                if version == 1:
                    table = torch.empty(rows * columns, heads).normal_(std=0.02)
                    self.relative_position_bias_table = nn.Parameter(table)
                else:
                    self.logit_scale = nn.Parameter(torch.log(10 * torch.ones(heads, 1, 1)))
                    down = torch.arange(1 - window[0], window[0]) / (window[0] - 1)
                    right = torch.arange(1 - window[1], window[1]) / (window[1] - 1)
                    table = 8 * torch.stack(torch.meshgrid(down, right, indexing="ij"), -1).unsqueeze(0)
                    table = torch.sign(table) * torch.log2(table.abs() + 1) / 3
                    self.register_buffer("relative_coords_table", table)
                self.register_buffer("relative_position_index", relative_position_index(*window).flatten())
                self.qkv = nn.Linear(dim, 3 * dim)
                self.proj = nn.Linear(dim, dim)
                if version == 2:
                    self.cpb_mlp = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, heads, bias=False))

            def bias(self):
                table = self.relative_position_bias_table if self.version == 1 else \
                    self.cpb_mlp(self.relative_coords_table).reshape(-1, self.heads)
                count = self.window[0] * self.window[1]
                bias = table[self.relative_position_index].reshape(count, count, -1).permute(2, 0, 1)
                return bias if self.version == 1 else 16 * torch.sigmoid(bias)

            def mask(self, height, width, shift, like):
                regions = like.new_zeros(height, width)
                for side, (size, window, by) in enumerate(zip((height, width), self.window, shift)):
                    if by:
                        region = (torch.arange(size) >= size - window).int() + (torch.arange(size) >= size - by).int()
                        regions += region.to(like).reshape((-1, 1) if side == 0 else (1, -1)) * (3 if side == 0 else 1)
                regions = self.cut(regions.reshape(1, height, width, 1)).squeeze(-1)
                return -100.0 * (regions.unsqueeze(1) != regions.unsqueeze(2)).to(like)

            def cut(self, x):
                n, height, width, dim = x.shape
                x = x.reshape(n, height // self.window[0], self.window[0], width // self.window[1], self.window[1], dim)
                return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, self.window[0] * self.window[1], dim)

            def forward(self, x):
                n, height, width, dim = x.shape
                x = nn.functional.pad(x, (0, 0, 0, -width % self.window[1], 0, -height % self.window[0]))
                rows, columns = x.shape[1:3]
                shift = [0 if w >= side else s for s, w, side in zip(self.shift, self.window, (rows, columns))]
                x = self.cut(torch.roll(x, (-shift[0], -shift[1]), (1, 2)))
                qkv_bias = self.qkv.bias
                if self.version == 2:
                    qkv_bias = torch.cat([qkv_bias[:dim], 0 * qkv_bias[dim:2 * dim], qkv_bias[2 * dim:]])
                qkv = nn.functional.linear(x, self.qkv.weight, qkv_bias)
                q, k, v = qkv.reshape(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
                if self.version == 1:
                    scores = q @ k.transpose(-2, -1) * (dim // self.heads) ** -0.5
                else:
                    scores = nn.functional.normalize(q, dim=-1) @ nn.functional.normalize(k, dim=-1).transpose(-2, -1)
                    scores = scores * self.logit_scale.clamp(max=4.605170185988092).exp()
                scores = scores + self.bias()
                if any(shift):
                    mask = self.mask(rows, columns, shift, scores).unsqueeze(1)
                    scores = (scores.reshape(n, -1, *scores.shape[1:]) + mask).reshape(scores.shape)
                x = self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape))
                x = x.reshape(n, rows // self.window[0], columns // self.window[1], *self.window, dim)
                x = x.permute(0, 1, 3, 2, 4, 5).reshape(n, rows, columns, dim)
                return torch.roll(x, shift, (1, 2))[:, :height, :width]
        """;

    /// <summary>MaxViT's attention.</summary>
    public const string Partition = """
        class PartitionAttention(nn.Module):
            def __init__(self, dim, heads, size, is_grid):
                super().__init__()
                self.heads, self.size, self.is_grid = heads, size, is_grid
                table = torch.empty((2 * size[0] - 1) * (2 * size[1] - 1), heads).normal_(std=0.02)
                self.relative_position_bias_table = nn.Parameter(table)
                self.register_buffer("relative_position_index", relative_position_index(*size))
                self.to_qkv = nn.Linear(dim, 3 * dim)
                self.merge = nn.Linear(dim, dim)

            def forward(self, x):
                n, height, width, dim = x.shape
                down, right = self.size if self.is_grid else (height // self.size[0], width // self.size[1])
                x = x.reshape(n, down, height // down, right, width // right, dim)
                x = x.permute(0, 2, 4, 1, 3, 5) if self.is_grid else x.permute(0, 1, 3, 2, 4, 5)
                cut = x.shape
                x = x.reshape(-1, self.size[0] * self.size[1], dim)
                q, k, v = self.to_qkv(x).reshape(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)
                bias = self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)
                scores = q @ (k * dim ** -0.5).transpose(-2, -1) + bias
                x = self.merge((scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape)).reshape(cut)
                x = x.permute(0, 3, 1, 4, 2, 5) if self.is_grid else x.permute(0, 1, 3, 2, 4, 5)
                return x.reshape(n, height, width, dim)
        """;
}
