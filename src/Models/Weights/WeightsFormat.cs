using System.Text.Json.Serialization;

namespace ModelService.Models.Weights;

/// <summary>
/// The formats of weights files that can be read. They are recognised by content, never by the file's name.
/// </summary>
public enum WeightsFormat
{
    /// <summary>safetensors: a JSON header and the tensors' bytes.</summary>
    Safetensors,

    /// <summary>
    /// The format of <c>torch.save</c> since PyTorch 1.6: a zip with a pickle and a record for each storage.
    /// </summary>
    [JsonStringEnumMemberName("pytorch_zip")]
    PyTorchZip,

    /// <summary>The format of <c>torch.save</c> before PyTorch 1.6: five pickles, followed by the storages.</summary>
    [JsonStringEnumMemberName("pytorch_legacy")]
    PyTorchLegacy,

    /// <summary>TorchSharp's own format <c>.dat</c>, written by <c>Module.save</c>.</summary>
    [JsonStringEnumMemberName("torchsharp_dat")]
    TorchSharp,

    /// <summary>An ONNX model: the initialisers of its graph, by their names.</summary>
    Onnx,
}
