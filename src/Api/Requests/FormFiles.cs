using ModelService.Api.Protection;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>The files of a form as one stream, one after another. It notes where each begins.</summary>
/// <param name="request">The request.</param>
/// <param name="limits">The limits.</param>
/// <param name="cancellationToken">Cancelled when the client disconnects.</param>
internal sealed class FormFiles(HttpRequest request, DatasetOptions limits, CancellationToken cancellationToken)
    : BodyStream
{
    // A form whose lines end in LF alone is read into memory.
    private const int MaxBareBytes = 16 << 20;

    private readonly List<UploadPart> parts = [];
    private readonly IAsyncEnumerator<MultipartPart> form = MultipartBody
        .ReadPartsAsync(request, MaxBareBytes, cancellationToken)
        .GetAsyncEnumerator(cancellationToken);
    private MultipartPart? current;
    private long begin;
    private long length;

    /// <summary>The files that were read.</summary>
    public IReadOnlyList<UploadPart> Parts => parts;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (current is not null || await form.MoveNextAsync())
        {
            if (current is null)
                Begin(form.Current);
            var read = await RequestBody.ReadAsync(current!.Body, buffer, cancellationToken);
            length += read;
            if (read > 0)
                return current.IsFile ? read : throw NotAFile(current.Name);
            End();
        }

        return 0;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await form.DisposeAsync();
        await base.DisposeAsync();
    }

    private void Begin(MultipartPart part)
    {
        (current, begin) = (part, length);
        if (parts.Count == limits.MaxImages)
        {
            throw new ServingException(
                ErrorCode.DatasetTooLarge,
                $"The form has more than {limits.MaxImages} files (ModelService:Datasets:MaxImages)."
            );
        }
    }

    // For a file field without a chosen file, a browser sends an empty text part.
    private void End()
    {
        if (current!.IsFile)
            parts.Add(new UploadPart(current.FileName, current.Name, begin, length - begin));
        current = null;
    }

    private static ServingException NotAFile(string name) =>
        new(
            ErrorCode.MalformedRequest,
            $"The form's part '{Suggestions.Shorten(name)}' is not a file. Each part must be an image or a zip "
                + "archive; label, split and group belong in the query, such as ?label=cat."
        );
}
