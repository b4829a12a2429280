using System.Globalization;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>Checkpoints that PyTorch wrote, with many kinds of objects beside the weights.</summary>
public sealed class CheckpointTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "checkpoints");

    private static readonly TensorSpec[] Network =
    [
        new("conv1.weight", [4, 3, 3, 3], false),
        new("conv1.bias", [4], false),
        new("bn1.weight", [4], false),
        new("bn1.bias", [4], false),
        new("bn1.running_mean", [4], false),
        new("bn1.running_var", [4], false),
        new("bn1.num_batches_tracked", [], true),
        new("fc.weight", [5, 4], false),
        new("fc.bias", [5], false),
    ];

    // Of the network's tensors, by PyTorch.
    private static readonly double[] Sums =
    [
        .. File.ReadLines(Path.Combine(Folder, "sums.txt"))
            .Select(line => double.Parse(line, CultureInfo.InvariantCulture)),
    ];

    [Theory]
    [InlineData("objects.pth", "network.inner", 0)]
    [InlineData("objects_legacy.pth", "network.inner", 0)]
    [InlineData("objects_protocol4.pth", "network.inner", 0)]
    [InlineData("objects_inside.pth", null, 43)]
    [InlineData("averaged.pth", null, 0)]
    public void Open_WeightsAmongObjects_AreRead(string name, string? wrapper, int skipped)
    {
        using var file = Open(name);

        var report = StateDictMatch.Compare(Network, file.Tensors, skipped: file.Skipped);

        Assert.Equal(wrapper, file.Wrapper);
        Assert.Equal(Network.Length, report.Loaded.Count);
        Assert.Equal(skipped, report.Skipped.Count);
        foreach (var (pair, sum) in report.Pairs.Zip(Sums))
            Assert.Equal(sum, WeightsFixtures.Floats(pair.Stored).Sum(value => (double)value), 1e-6);
    }

    [Theory]
    [InlineData("pruned.pth", "'fc.weight' is pruned: the file has 'fc.weight_orig' and 'fc.weight_mask'")]
    [InlineData("weight_norm.pth", "'fc.weight' is under weight norm: the file has 'fc.weight_g' and 'fc.weight_v'")]
    [InlineData("parametrized.pth", "'fc.weight' is parametrized: the file has 'fc.parametrizations.weight.original'")]
    public void Compare_WeightInParts_SaysWhatToDo(string name, string expected)
    {
        using var file = Open(name);

        var error = Assert.ThrowsAny<ServingException>(() =>
            StateDictMatch.Compare(Network, file.Tensors, skipped: file.Skipped).ThrowIfMismatched()
        );

        Assert.Equal(ErrorCode.WeightsMismatch, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("whole_model.pth", "a whole object of class 'torch.nn.modules.container.Sequential'")]
    [InlineData(
        "whole_model_inside.pth",
        "Under 'model' is an object of class 'torch.nn.modules.container.Sequential'"
    )]
    public void Open_WholeModel_SaysWhatToSave(string name, string expected)
    {
        var error = Assert.ThrowsAny<ServingException>(() => Open(name));

        Assert.Equal(ErrorCode.WeightsUnreadable, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("state_dict()", error.Message, StringComparison.Ordinal);
    }

    private static WeightsFile Open(string name) =>
        WeightsFile.Open(
            MappedBytes.FromFile(Path.Combine(Folder, name)),
            WeightsLimits.Default,
            new StateDictSearch(Network)
        );
}
