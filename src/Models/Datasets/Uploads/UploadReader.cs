using ModelService.Models.Errors;

namespace ModelService.Models.Datasets.Uploads;

/// <summary>Finds the images of an upload.</summary>
internal static class UploadReader
{
    /// <summary>Finds the images.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="room">The number of bytes that there is room for.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ArchiveUnreadable"/>, <see cref="ErrorCode.DatasetTooLarge"/>.
    /// </exception>
    public static UploadContent Open(DatasetUpload upload, DatasetOptions limits, long room)
    {
        var contents = upload.Parts.Select(part => Open(upload, part, limits, room)).ToList();
        return new UploadContent(
            contents.SelectMany(content => content.Files),
            [.. contents.SelectMany(content => content.Classes).Distinct()]
        );
    }

    private static UploadContent Open(DatasetUpload upload, UploadPart part, DatasetOptions limits, long room)
    {
        Span<byte> first = stackalloc byte[4];
        using var start = new FilePart(upload.File, part.Offset, part.Length);
        var read = start.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        return upload.IsZip || ZipUpload.IsZip(first[..read])
            ? ZipUpload.Open(new FilePart(upload.File, part.Offset, part.Length), upload.Terms, limits, room)
            : new UploadContent(
                [
                    new UploadedFile(
                        part.FileName,
                        upload.Terms.Label ?? part.Label,
                        upload.Terms.Split,
                        () => Read(upload.File, part, limits)
                    ),
                ],
                []
            );
    }

    private static Outcome<byte[]> Read(FileStream file, UploadPart part, DatasetOptions limits)
    {
        if (part.Length > limits.MaxImageBytes)
        {
            return new Failure(
                ErrorCode.ImageTooLarge,
                $"The image has {part.Length} bytes; at most {limits.MaxImageBytes} are allowed."
            );
        }

        var bytes = new byte[part.Length];
        using var stream = new FilePart(file, part.Offset, part.Length);
        stream.ReadExactly(bytes);
        return bytes;
    }
}
