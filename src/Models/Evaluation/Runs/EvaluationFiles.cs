using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>
/// The evaluations on the disk: <c>evaluations/ID/</c> in the data folder, with <c>evaluation.json</c>. One that
/// succeeded has <c>logits.safetensors</c> (<c>logits</c> [N, K] and <c>labels</c> [N]), <c>images.json</c> (the N
/// images), <c>result.json</c> and <c>report.html</c> too. These are written first, and the state last.
/// </summary>
/// <param name="folder">The data folder.</param>
internal sealed class EvaluationFiles(DataFolder folder)
{
    private const string Record = "evaluation.json",
        Images = "images.json",
        Result = "result.json",
        Logits = "logits.safetensors",
        Report = "report.html";

    private static readonly JsonSerializerOptions Json = new(VersionManifest.Json)
    {
        WriteIndented = false,
        Converters = { new ConfusionMatrixJson() },
    };

    /// <summary>Why nothing can be written; null when it can.</summary>
    public Failure? CheckWritable() => folder.CheckWritable(0);

    /// <summary>Whether this server owns the folder, and so may write into it.</summary>
    public bool IsWritable => folder.IsWritable;

    /// <summary>Reads the stored evaluations, without their results.</summary>
    /// <param name="damaged">Receives each folder that is no evaluation, with the reason.</param>
    public IReadOnlyList<EvaluationRecord> List(Action<Exception, string> damaged)
    {
        if (!Directory.Exists(folder.Evaluations))
            return [];
        var records = new List<EvaluationRecord>();
        foreach (var path in Directory.EnumerateDirectories(folder.Evaluations))
        {
            try
            {
                var record = Read<EvaluationRecord>(Path.Combine(path, Record));
                if (record.Schema != EvaluationRecord.CurrentSchema || record.Id != Path.GetFileName(path))
                    throw new JsonException("The file is of another evaluation, or of a newer server.");
                records.Add(record);
            }
            catch (Exception exception)
                when (exception is JsonException or IOException or UnauthorizedAccessException or ServingException)
            {
                damaged(exception, path);
            }
        }

        return records;
    }

    /// <summary>Adds an evaluation.</summary>
    /// <exception cref="ServingException">The data folder can't be written.</exception>
    public void Add(EvaluationRecord record) =>
        folder.Write(() =>
        {
            var staged = folder.NewStagingPath();
            try
            {
                DurableFiles.CreateFolder(staged);
                DurableFiles.Write(Path.Combine(staged, Record), [ToJson(record)]);
                folder.FlushFolder(staged);
                folder.Move(staged, PathOf(record.Id), flushed: PathOf(record.Id));
                return true;
            }
            catch
            {
                folder.DeleteStaged(staged);
                throw;
            }
        });

    /// <summary>Replaces the record of an evaluation.</summary>
    /// <exception cref="ServingException">The data folder can't be written.</exception>
    public void Put(EvaluationRecord record) =>
        folder.Write(() =>
        {
            if (!Directory.Exists(PathOf(record.Id)))
                return false; // it was removed meanwhile
            folder.Replace(Path.Combine(PathOf(record.Id), Record), ToJson(record), flush: true);
            return true;
        });

    /// <summary>Stores what an evaluation found. Its record is to be replaced afterwards.</summary>
    /// <exception cref="ServingException">The data folder can't be written.</exception>
    public void PutResult(string id, FinishedEvaluation finished) =>
        folder.Write(() =>
        {
            var path = PathOf(id);
            Write(path, Logits, LogitsFile(finished.Scores));
            Write(path, Images, [ToJson(finished.Images)]);
            Write(path, Result, [ToJson(finished.Result)]);
            Write(path, Report, [Encoding.UTF8.GetBytes(finished.Report)]);
            folder.FlushFolder(path);
            return true;
        });

    /// <summary>Removes an evaluation; does nothing when there is none.</summary>
    /// <exception cref="ServingException">The data folder can't be written.</exception>
    public void Remove(string id)
    {
        var staged = folder.NewStagingPath();
        folder.Write(() =>
        {
            if (!Directory.Exists(PathOf(id)))
                return false;
            folder.Move(PathOf(id), staged, flushed: PathOf(id));
            return true;
        });
        folder.DeleteStaged(staged);
    }

    /// <summary>Reads what an evaluation found.</summary>
    /// <exception cref="ServingException">The file can't be read.</exception>
    public EvaluationResult ReadResult(string id) => Read<EvaluationResult>(Path.Combine(PathOf(id), Result));

    /// <summary>Reads the images of an evaluation, in the order of the logits.</summary>
    /// <exception cref="ServingException">The file can't be read.</exception>
    public IReadOnlyList<EvaluatedImage> ReadImages(string id) =>
        Read<List<EvaluatedImage>>(Path.Combine(PathOf(id), Images));

    /// <summary>Opens the report of an evaluation; the caller disposes it.</summary>
    /// <exception cref="ServingException">The file can't be read.</exception>
    public Stream OpenReport(string id) => OpenFile(Path.Combine(PathOf(id), Report));

    private string PathOf(string id) => Path.Combine(folder.Evaluations, id);

    // A run that was interrupted may have left a file.
    private static void Write(string path, string name, IEnumerable<ReadOnlyMemory<byte>> parts)
    {
        var file = Path.Combine(path, name);
        File.Delete(file);
        DurableFiles.Write(file, parts);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> LogitsFile(LabelledLogits scores)
    {
        const int Rows = 1024;
        var layout = new SafetensorsLayout(
            [
                new TensorSpec("labels", [scores.Count], IsCounter: true),
                new TensorSpec("logits", [scores.Count, scores.Classes], IsCounter: false),
            ],
            new Dictionary<string, string>()
        );
        yield return layout.Header;
        yield return MemoryMarshal.AsBytes(scores.Labels.Select(label => (long)label).ToArray().AsSpan()).ToArray();
        for (var row = 0; row < scores.Count; row += Rows)
            yield return MemoryMarshal.AsBytes(scores.Rows(row, Math.Min(Rows, scores.Count - row))).ToArray();
    }

    private static byte[] ToJson<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Json);

    private static T Read<T>(string path)
    {
        using var file = OpenFile(path);
        try
        {
            return JsonSerializer.Deserialize<T>(file, Json) ?? throw new JsonException("The file holds null.");
        }
        catch (JsonException exception)
        {
            throw Unreadable(exception);
        }
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            return DurableFiles.Open(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(exception);
        }
    }

    private static ServingException Unreadable(Exception exception) =>
        new(
            ErrorCode.StorageUnavailable,
            "The evaluation's files are damaged or can't be read; the log says why.",
            exception
        );
}
