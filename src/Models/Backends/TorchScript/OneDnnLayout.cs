using ModelService.Models.Graph;

namespace ModelService.Models.Backends.TorchScript;

/// <summary>Writes values in the layouts in which oneDNN's functions take and give those of a layer.</summary>
/// <param name="text">The program.</param>
/// <param name="rank">The spatial dimensions of the layer; 0: a linear layer.</param>
internal sealed class OneDnnLayout(ProgramText text, int rank)
{
    // oneDNN convolves pictures and volumes, so a series becomes a picture of one row.
    private readonly bool isSeries = rank == 1;

    private IEnumerable<long> Sides => Enumerable.Range(2, rank).Select(dimension => (long)dimension);

    /// <summary>Sizes of a convolution, such as its stride.</summary>
    /// <param name="sizes">One for each spatial dimension.</param>
    /// <param name="row">The one for the row of a series.</param>
    public string Sizes(long[] sizes, long row) => Literal.Format(isSeries ? [row, .. sizes] : sizes);

    /// <summary>
    /// The size of a convolution's input, which oneDNN must know to pack the weights: it would pack them for another
    /// size otherwise, and again in every batch.
    /// </summary>
    /// <param name="item">The convolution.</param>
    /// <param name="inputs">The number of inputs in the batch.</param>
    public string InputSize(ConvolutionOperator item, long inputs)
    {
        var sizes = item.Input.Shape.Sizes;
        long[] size = [inputs, sizes[0], .. isSeries ? [1L] : Array.Empty<long>(), .. sizes.Skip(1)];
        return Literal.Format(size);
    }

    /// <summary>The weight of a convolution.</summary>
    public string PictureWeight(string weight) => isSeries ? $"torch.unsqueeze({weight}, 2)" : weight;

    /// <summary>The input or addend of a convolution.</summary>
    public string ToPicture(string value) => isSeries ? text.Local($"torch.unsqueeze({value}, 2)") : value;

    /// <summary>The result of a convolution as the layer gives it.</summary>
    public string FromPicture(string result) => isSeries ? $"torch.squeeze({result}, 2)" : result;

    /// <summary>The weight of a matrix product over the channels.</summary>
    public string MatrixWeight(string weight) => rank == 0 ? weight : $"torch.flatten({weight}, 1)";

    /// <summary>
    /// The input or addend of a matrix product, its channels moved to the end: a view of channels_last, not a copy.
    /// </summary>
    public string ToMatrix(string value) =>
        rank == 0 ? value : text.Local($"torch.permute({value}, {Literal.Format(Sides.Prepend(0).Append(1))})");

    /// <summary>The result of a matrix product, its channels moved back.</summary>
    public string FromMatrix(string result) =>
        rank == 0
            ? result
            : $"torch.permute({result}, "
                + $"{Literal.Format(Sides.Select(dimension => dimension - 1).Prepend(rank + 1).Prepend(0))})";
}
