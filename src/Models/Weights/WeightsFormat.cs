using System.Text.Json.Serialization;

namespace ModelService.Models.Weights;

/// <summary>The formats of weight files that are read; told by content, never by the file's name.</summary>
public enum WeightsFormat
{
    /// <summary>safetensors: a JSON header and the tensors' bytes.</summary>
    Safetensors,

    /// <summary>What <c>torch.save</c> writes since PyTorch 1.6: a zip with a pickle and one record a storage.</summary>
    [JsonStringEnumMemberName("pytorch_zip")]
    PyTorchZip,

    /// <summary>What <c>torch.save</c> wrote before: five pickles and the storages behind them.</summary>
    [JsonStringEnumMemberName("pytorch_legacy")]
    PyTorchLegacy,

    /// <summary>TorchSharp's own <c>.dat</c>, as <c>Module.save</c> writes it.</summary>
    [JsonStringEnumMemberName("torchsharp_dat")]
    TorchSharp,
}
