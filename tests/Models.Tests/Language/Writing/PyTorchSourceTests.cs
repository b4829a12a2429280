using ModelService.Models.Language.Writing;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Writing;

/// <summary>
/// The text of the torch.nn source. <see cref="PyTorchExecutionTests"/> runs such source in PyTorch.
/// </summary>
public sealed class PyTorchSourceTests
{
    [Fact]
    public void Write_Blocks_GivesAClassForEachKeyedBlock()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """{ "type": "conv2d", "out_channels": 4, "kernel_size": [3, 5], "padding": "same", "bias": false }""",
                """
                { "type": "repeat", "times": 2, "layers": [{ "type": "residual", "activation": "relu",
                  "body": [{ "type": "conv2d", "name": "conv1", "out_channels": 4, "kernel_size": 1 }] }] }
                """,
                """
                { "type": "concat", "inline": true, "branches": [{ "type": "identity" },
                  { "type": "filter2d", "preset": "sobel_x" }] }
                """,
                """{ "type": "leaky_relu", "negative_slope": 0.2 }""",
                """{ "type": "flatten" }""",
                """{ "type": "linear", "name": "fc", "out_features": 2 }""",
                """{ "type": "softmax" }"""
            )
        );

        // Apart, for the width of the lines below.
        const string Conv =
            """nn.Conv2d(in_channels=3, out_channels=4, kernel_size=(3, 5), padding="same", bias=False)""";
        var source = PyTorchSource.Write(analysis);

        Assert.Equal(
            $$"""
            import torch
            from torch import nn


            class Filter2d(nn.Module):
                def __init__(self, channels, kernel):
                    super().__init__()
                    self.channels = channels
                    kernel = torch.tensor(kernel).reshape(1, 1, 3, 3).repeat(channels, 1, 1, 1)
                    self.register_buffer("kernel", kernel, persistent=False)

                def forward(self, x):
                    return nn.functional.conv2d(x, self.kernel, padding=1, groups=self.channels)


            class Block_1(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.add_module("conv1", nn.Conv2d(in_channels=4, out_channels=4, kernel_size=1))

                def forward(self, x):
                    x1 = self._modules["conv1"](x)
                    x2 = x1 + x
                    x3 = nn.ReLU()(x2)
                    return x3


            class Block_2(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.add_module("conv1", nn.Conv2d(in_channels=4, out_channels=4, kernel_size=1))

                def forward(self, x):
                    x1 = self._modules["conv1"](x)
                    x2 = x1 + x
                    x3 = nn.ReLU()(x2)
                    return x3


            class Network(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.add_module("0", {{Conv}})
                    self.add_module("1", Block_1())
                    self.add_module("2", Block_2())
                    self.add_module("4", Filter2d(4, [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0]))
                    self.add_module("5", nn.LeakyReLU(negative_slope=0.2))
                    self.add_module("6", nn.Flatten())
                    self.add_module("fc", nn.Linear(in_features=2048, out_features=2))

                def forward(self, x):
                    x1 = self._modules["0"](x)
                    x2 = self._modules["1"](x1)
                    x3 = self._modules["2"](x2)
                    x4 = self._modules["4"](x3)
                    x5 = torch.cat([x3, x4], 1)
                    x6 = self._modules["5"](x5)
                    x7 = self._modules["6"](x6)
                    x8 = self._modules["fc"](x7)
                    # The softmax at the end is left out: these are the logits, as cross_entropy takes them.
                    return x8


            model = Network().eval()  # input: [N, 3, 16, 16]

            """,
            source
        );
    }

    [Fact]
    public void Write_KeysThatDifferInDotsOnly_GivesAClassForEach()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """
                { "type": "sequential", "name": "a",
                  "layers": [{ "type": "sequential", "name": "b",
                  "layers": [{ "type": "conv2d", "out_channels": 4, "kernel_size": 3 }] }] }
                """,
                """
                { "type": "sequential", "name": "a_b",
                  "layers": [{ "type": "conv2d", "out_channels": 7, "kernel_size": 1 }] }
                """
            )
        );

        var source = PyTorchSource.Write(analysis);

        Assert.Contains("""self.add_module("b", Block_a_b())""", source, StringComparison.Ordinal);
        Assert.Contains("""self.add_module("a_b", Block_a_b_2())""", source, StringComparison.Ordinal);
        Assert.Equal(4, source.Split("\n").Count(line => line.StartsWith("class ", StringComparison.Ordinal)));
    }
}
