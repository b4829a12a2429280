using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using ModelService.Api.Contracts;
using ModelService.Api.Grpc;
using ModelService.Api.OpenInference;
using ModelService.Api.TorchServe;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;
using ModelService.Models.Weights;
using Serilog;

namespace ModelService.Api.Errors;

/// <summary>The HTTP status and the meaning of each error; and errors as answers.</summary>
internal static class ErrorTable
{
    /// <summary>Code of an unexpected error: a bug in the server.</summary>
    public const string Internal = "internal_error";

    /// <summary>What <see cref="Internal"/> means for a client.</summary>
    public const string InternalMeaning = "an unexpected error; the server's log holds it under the `trace_id`.";

    // One row for each code: its HTTP status, and what it means for a client, as the end of a sentence.
    private static readonly Dictionary<ErrorCode, (int Status, string Meaning)> Rows = new()
    {
        [ErrorCode.MalformedRequest] = (
            400,
            "the request can't be read: the JSON is invalid, the body or a part of it is missing or wrong, or a header "
                + "or a query parameter has a wrong value."
        ),
        [ErrorCode.Unauthenticated] = (401, "the key is missing or unknown."),
        [ErrorCode.Forbidden] = (403, "the key lacks the scope for this request."),
        [ErrorCode.ReadOnly] = (403, "the server only reads its models. Send changes to the one that owns the folder."),
        [ErrorCode.ModelNotFound] = (404, "there is no model of that name."),
        [ErrorCode.VersionNotFound] = (404, "the model has no version of that number."),
        [ErrorCode.DatasetNotFound] = (404, "there is no data set of that name, or no revision of that number."),
        [ErrorCode.ImageNotFound] = (404, "the data set has no such image, or the bytes of the image were purged."),
        [ErrorCode.EvaluationNotFound] = (404, "the version has no evaluation of that id."),
        [ErrorCode.KeyNotFound] = (404, "no stored key has this name."),
        [ErrorCode.NotFound] = (404, "there is nothing of that name or at that path."),
        [ErrorCode.MethodNotAllowed] = (
            405,
            "the path does not support the HTTP method. The header Allow lists those that it supports."
        ),
        [ErrorCode.RequestTimeout] = (408, "the client sent the body too slowly."),
        [ErrorCode.ModelExists] = (409, "there is already a model of that name."),
        [ErrorCode.DatasetExists] = (409, "there is already a data set of that name."),
        [ErrorCode.ImageExists] = (409, "the data set has the image already, with another label or in another split."),
        [ErrorCode.VersionConflict] = (409, "the state of the version does not allow this; `detail` gives the reason."),
        [ErrorCode.EvaluationConflict] = (
            409,
            "the state of the evaluation does not allow this, or two evaluations are not on the same images."
        ),
        [ErrorCode.KeyExists] = (409, "there is, or was, a key of that name; names are used once."),
        [ErrorCode.BodyTooLarge] = (413, "the body, or a file in it, is larger than the server allows."),
        [ErrorCode.ImageTooLarge] = (
            413,
            "an image has more bytes or pixels than the server allows, or all images together have more pixels."
        ),
        [ErrorCode.DatasetTooLarge] = (
            413,
            "the data sets would have more images, classes or bytes than the server allows. Nothing was changed."
        ),
        [ErrorCode.UnsupportedMediaType] = (
            415,
            "the operation does not take the Content-Type, or the body is compressed."
        ),
        [ErrorCode.DefinitionInvalid] = (
            422,
            "the definition or the change has errors. `errors` lists all of them, each with a JSON Pointer."
        ),
        [ErrorCode.ImageUndecodable] = (422, "the images are damaged or of an unknown format."),
        [ErrorCode.LabelInvalid] = (422, "the label is missing, is not a class of the data set, or can't be a label."),
        [ErrorCode.DatasetUnsuitable] = (
            422,
            "nothing can be trained with the data set: fewer than two classes, or a class without images to train "
                + "with. `errors` has every reason."
        ),
        [ErrorCode.TrainingNotFound] = (404, "no training has this id."),
        [ErrorCode.TrainingConflict] = (409, "the state of the training does not allow the request."),
        [ErrorCode.QuantizationNotFound] = (404, "no quantization in the background has this id."),
        [ErrorCode.QuantizationConflict] = (409, "the state of the quantization does not allow the request."),
        [ErrorCode.LabelsUnknown] = (
            422,
            "the model has no classes for labels of the data set. `errors` names them, and what was probably meant."
        ),
        [ErrorCode.SplitEmpty] = (422, "the data set has no image in the split."),
        [ErrorCode.ArchiveUnreadable] = (422, "the zip archive is damaged, encrypted or of an unknown kind."),
        [ErrorCode.InputMismatch] = (422, "the images or tensors don't fit the model's input."),
        [ErrorCode.WeightsMismatch] = (422, "the weights don't match the network. `report` lists the differences."),
        [ErrorCode.WeightsUnreadable] = (422, "the weights file is damaged, of an unknown format, or contains code."),
        [ErrorCode.PlanRejected] = (
            422,
            "the network can't be computed here: it failed in its probe, a first run in a separate process. If the "
                + "failure may pass, such as a time-out, Retry-After says when it is probed again."
        ),
        [ErrorCode.QuantizationRejected] = (
            422,
            "the version can't be quantized: too few images or too little variety, its scores would change by more "
                + "than the budget, or nothing would get faster."
        ),
        [ErrorCode.Overloaded] = (429, "too much is waiting, or the deadline would be missed. See Retry-After."),
        [ErrorCode.RateLimited] = (429, "the client sent too many requests or wrong keys. See Retry-After."),
        [ErrorCode.ModelNotReady] = (
            503,
            "the model or version can't be used now: it is being created or loaded, was unloaded, its files are "
                + "damaged, or it did not reproduce its golden samples. See Retry-After."
        ),
        [ErrorCode.DatasetUnavailable] = (503, "the data set's files are damaged or can't be read; the log says why."),
        [ErrorCode.OutOfMemory] = (503, "there is not enough memory; `detail` holds the numbers."),
        [ErrorCode.StorageUnavailable] = (
            503,
            "the server can't use its storage: the disk is full, read-only or broken, or the database or the blob "
                + "store can't be reached."
        ),
        [ErrorCode.ShuttingDown] = (503, "the server is shutting down and accepts no new requests."),
        [ErrorCode.DeadlineExceeded] = (504, "the request exceeded its deadline or the server's time limit."),
    };

    /// <summary>Returns the HTTP status of an error.</summary>
    public static int StatusOf(ErrorCode code) => RowOf(code).Status;

    /// <summary>Returns what an error means for a client, as the end of a sentence.</summary>
    public static string MeaningOf(ErrorCode code) => RowOf(code).Meaning;

    /// <summary>Returns the name of an error code in JSON.</summary>
    public static string NameOf(ErrorCode code) => WireNames.Get(code);

    /// <summary>Creates the answer to a failure.</summary>
    public static ErrorResponse Describe(HttpContext http, Failure failure) =>
        Describe(http, failure.Code, failure.Detail, failure.Errors) with
        {
            Report = (failure as WeightsMismatch)?.Report,
            Layers = (failure as InvalidDefinition)?.Analysis?.AllLayers.Select(LayerAnalysisResponse.Create).ToList(),
        };

    /// <summary>Creates the answer to an error with a code.</summary>
    public static ErrorResponse Describe(
        HttpContext http,
        ErrorCode code,
        string detail,
        IReadOnlyList<ErrorDetail>? errors = null
    ) => Describe(http, StatusOf(code), NameOf(code), detail, errors);

    /// <summary>Creates the answer to an error with a status and a code.</summary>
    public static ErrorResponse Describe(
        HttpContext http,
        int status,
        string code,
        string detail,
        IReadOnlyList<ErrorDetail>? errors = null
    ) =>
        new(
            "about:blank",
            ReasonPhrases.GetReasonPhrase(status),
            status,
            code,
            detail,
            errors is { Count: > 0 } ? errors : null,
            Report: null,
            Layers: null,
            Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier
        );

    /// <summary>Writes an error as the answer of a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="error">The error.</param>
    /// <param name="retryAfter">
    /// The time after which a retry is likely to succeed; null when it is not known, infinite when none will.
    /// </param>
    public static Task WriteAsync(HttpContext http, ErrorResponse error, TimeSpan? retryAfter = null)
    {
        var (isOpenInference, isTorchServe) = (OpenInferenceError.Applies(http), TorchServeError.Applies(http));
        if (isOpenInference || isTorchServe)
            error = error with { Status = OpenInferenceError.StatusOf(error) };
        Record(http, error);
        if (GrpcError.Applies(http))
            return GrpcError.WriteAsync(http.Response, error, retryAfter);
        http.Response.StatusCode = error.Status;

        // Answers that ask the client to wait hold a time in whole seconds; 1 by default.
        if (error.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            retryAfter ??= TimeSpan.FromSeconds(1);
        if (retryAfter is { } wait && wait != Timeout.InfiniteTimeSpan)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        // Without a cancellation token, writing ends without an exception when the client disconnects.
        return isOpenInference ? http.Response.WriteAsJsonAsync(new OpenInferenceError(error.Detail))
            : isTorchServe ? http.Response.WriteAsJsonAsync(TorchServeError.Create(error))
            : http.Response.WriteAsJsonAsync(error, options: null, contentType: "application/problem+json");
    }

    /// <summary>
    /// The status that a request is answered with. A call over gRPC is answered with 200, whatever becomes of it: the
    /// status of its error is that of REST.
    /// </summary>
    public static int StatusOf(HttpContext http) =>
        http.Features.Get<ErrorResponse>()?.Status ?? http.Response.StatusCode;

    /// <summary>Tells the metrics and the log of an error. It is a feature of the request from then on.</summary>
    public static void Record(HttpContext http, ErrorResponse error)
    {
        http.Features.Set(error);
        http.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(new("code", error.Code));
        http.RequestServices.GetService<IDiagnosticContext>()?.Set("Code", error.Code);
    }

    private static (int Status, string Meaning) RowOf(ErrorCode code) =>
        Rows.TryGetValue(code, out var row)
            ? row
            : throw new ArgumentOutOfRangeException(nameof(code), code, "The error code is not in the table.");
}
