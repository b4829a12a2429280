namespace ModelService.Api.TorchServe;

/// <summary>TorchServe's own calls for inference, for clients that can't be changed yet.</summary>
public sealed class TorchServeOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:TorchServe";

    /// <summary>
    /// Whether the server answers <c>POST</c> and <c>PUT</c> of <c>/predictions/MODEL</c> and
    /// <c>/predictions/MODEL/VERSION</c>, and <c>GET /ping</c>, as TorchServe does.
    /// </summary>
    /// <value>True or false; default false.</value>
    public bool Enabled { get; init; }
}
