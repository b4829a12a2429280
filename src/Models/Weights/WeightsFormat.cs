namespace ModelService.Models.Weights;

/// <summary>The formats of weight files that are read; told by content, never by the file's name.</summary>
public enum WeightsFormat
{
    /// <summary>safetensors: a JSON header and the tensors' bytes.</summary>
    Safetensors,

    /// <summary>What <c>torch.save</c> writes since PyTorch 1.6: a zip with a pickle and one record a storage.</summary>
    PyTorchZip,

    /// <summary>What <c>torch.save</c> wrote before: five pickles and the storages behind them.</summary>
    PyTorchLegacy,

    /// <summary>TorchSharp's own <c>.dat</c>, as <c>Module.save</c> writes it.</summary>
    TorchSharp,
}
