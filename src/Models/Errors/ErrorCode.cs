namespace ModelService.Models.Errors;

/// <summary>What went wrong, in words a client can act on. The wire form is snake_case; the HTTP status is the API's business.</summary>
public enum ErrorCode
{
    /// <summary>The request can't be read: bad JSON, a missing part, too many images.</summary>
    MalformedRequest,

    /// <summary>The request brings no key, or one that the server does not know.</summary>
    Unauthenticated,

    /// <summary>The key is known, but not for this.</summary>
    Forbidden,

    /// <summary>The client asks more often than it may, or sends too many wrong keys.</summary>
    RateLimited,

    /// <summary>The client sends its request too slowly.</summary>
    RequestTimeout,

    /// <summary>The request took longer than a request may.</summary>
    DeadlineExceeded,

    /// <summary>No model of that name.</summary>
    ModelNotFound,

    /// <summary>A model of that name is there already.</summary>
    ModelExists,

    /// <summary>The model has no version of that number.</summary>
    VersionNotFound,

    /// <summary>The version is not what the request takes it for, such as one that has weights already.</summary>
    VersionConflict,

    /// <summary>The model is there but can't serve yet, or no longer.</summary>
    ModelNotReady,

    /// <summary>The body has more bytes than the endpoint takes.</summary>
    BodyTooLarge,

    /// <summary>An image has more bytes or pixels than the limits allow.</summary>
    ImageTooLarge,

    /// <summary>The content type is none the endpoint reads.</summary>
    UnsupportedMediaType,

    /// <summary>The definition is well-formed JSON but describes nothing that can be built; every error is listed.</summary>
    DefinitionInvalid,

    /// <summary>The bytes are no image of a supported format, or a damaged one.</summary>
    ImageUndecodable,

    /// <summary>A tensor's shape or values don't fit the model's input.</summary>
    InputMismatch,

    /// <summary>The weights were read but don't match the architecture.</summary>
    WeightsMismatch,

    /// <summary>The weights file is damaged, of an unknown format, or holds what is never executed here.</summary>
    WeightsUnreadable,

    /// <summary>More work is waiting than the limits allow.</summary>
    Overloaded,

    /// <summary>The network was tried in a process of its own, which did not come to its end: it can't be computed here.</summary>
    PlanRejected,

    /// <summary>The device has not enough memory for this.</summary>
    OutOfMemory,

    /// <summary>The folder of models can't be written: full, read-only, or broken.</summary>
    StorageUnavailable,

    /// <summary>The server is going down and takes no new work.</summary>
    ShuttingDown,

    /// <summary>The path names nothing this server has.</summary>
    NotFound,

    /// <summary>The path is there, but not with this method.</summary>
    MethodNotAllowed,
}
