namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// Reads a pickle as data, without executing anything. A file is refused, by name, for an opcode that is not read here
/// or in <see cref="PickleScalars"/>, and for a global that is neither in <see cref="PickleGlobals"/> nor data by
/// <see cref="OpaqueGlobals"/>. There is no recursion: nested values need entries of the pickle's stack, which are
/// limited.
/// </summary>
internal ref struct Unpickler
{
    /// <summary>Most globals that a pickle names. A checkpoint names some dozens.</summary>
    private const int MaxGlobals = 10_000;

    private readonly WeightsLimits limits;
    private readonly PickleStack stack;
    private readonly Dictionary<uint, object?> memo = [];
    private readonly Dictionary<(string Module, string Name), PickleGlobal> globals = [];
    private readonly Dictionary<string, PickleStorage> storages;
    private PickleInput input;

    private Unpickler(
        ReadOnlySpan<byte> bytes,
        PickleSource source,
        WeightsLimits limits,
        Dictionary<string, PickleStorage> storages
    )
    {
        this.limits = limits;
        this.storages = storages;
        stack = new PickleStack(limits);
        input = new PickleInput(bytes, source, limits.MaxPickleSteps);
    }

    /// <summary>Reads the first pickle of the bytes.</summary>
    /// <param name="bytes">The pickle; other bytes may follow.</param>
    /// <param name="source">The origin of the bytes, for error messages.</param>
    /// <param name="limits">The limits for the pickle.</param>
    /// <param name="storages">Receives the storages that the pickle refers to, by key.</param>
    /// <param name="length">Length of the pickle in bytes, including STOP.</param>
    /// <returns>The value: one of the types in PickleValues.cs, or a plain .NET value; null for None.</returns>
    public static object? Read(
        ReadOnlySpan<byte> bytes,
        PickleSource source,
        WeightsLimits limits,
        Dictionary<string, PickleStorage> storages,
        out int length
    )
    {
        var unpickler = new Unpickler(bytes, source, limits, storages);
        var value = unpickler.Run();
        length = unpickler.input.Position;
        return value;
    }

    private object? Run()
    {
        while (true)
        {
            var opcode = input.Opcode();
            if (opcode == PickleOpcode.Stop)
                return stack.Pop(ref input);
            Step(opcode);
        }
    }

    private void Step(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                Protocol(input.Byte());
                break;
            case PickleOpcode.Frame:
                Frame(input.UInt64());
                break;
            case PickleOpcode.Mark:
                stack.Mark(ref input);
                break;
            case PickleOpcode.Pop:
                stack.PopValueOrMark(ref input);
                break;
            case PickleOpcode.PopMark:
                stack.PopToMark(ref input);
                break;
            case PickleOpcode.Dup:
                Push(stack.Top(ref input));
                break;
            case PickleOpcode.BinPut:
                memo[input.Byte()] = stack.Top(ref input);
                break;
            case PickleOpcode.LongBinPut:
                memo[input.UInt32()] = stack.Top(ref input);
                break;
            case PickleOpcode.Memoize:
                memo[(uint)memo.Count] = stack.Top(ref input);
                break;
            case PickleOpcode.BinGet:
                PushFromMemo(input.Byte());
                break;
            case PickleOpcode.LongBinGet:
                PushFromMemo(input.UInt32());
                break;
            case PickleOpcode.Global:
                Global(input.Line(limits.MaxNameBytes), input.Line(limits.MaxNameBytes));
                break;
            case PickleOpcode.StackGlobal:
                StackGlobal();
                break;
            case PickleOpcode.Reduce:
            case PickleOpcode.NewObj:
                Call();
                break;
            case PickleOpcode.Build:
                Build();
                break;
            case PickleOpcode.BinPersId:
                Push(PickleCalls.Storage(stack.Pop(ref input), storages, ref input));
                break;
            default:
                if (PickleScalars.TryRead(opcode, ref input, limits, out var value))
                    Push(value);
                else if (!TryContainer(opcode))
                    throw Unsupported(opcode);
                break;
        }
    }

    /// <summary>Executes an opcode for tuples, lists, dicts or sets; false for any other opcode.</summary>
    private bool TryContainer(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.EmptyTuple:
                Push(new PickleTuple([]));
                return true;
            case PickleOpcode.Tuple:
                Push(new PickleTuple(stack.PopToMark(ref input)));
                return true;
            case PickleOpcode.Tuple1:
                Push(new PickleTuple([stack.Pop(ref input)]));
                return true;
            case PickleOpcode.Tuple2:
                var second = stack.Pop(ref input);
                Push(new PickleTuple([stack.Pop(ref input), second]));
                return true;
            case PickleOpcode.Tuple3:
                var (c, b) = (stack.Pop(ref input), stack.Pop(ref input));
                Push(new PickleTuple([stack.Pop(ref input), b, c]));
                return true;
            case PickleOpcode.EmptyList:
                Push(new PickleList());
                return true;
            case PickleOpcode.Append:
                Append([stack.Pop(ref input)]);
                return true;
            case PickleOpcode.Appends:
                Append(stack.PopToMark(ref input));
                return true;
            case PickleOpcode.EmptyDict:
                Push(new PickleDict());
                return true;
            case PickleOpcode.SetItem:
                var value = stack.Pop(ref input);
                SetItems([stack.Pop(ref input), value]);
                return true;
            case PickleOpcode.SetItems:
                SetItems(stack.PopToMark(ref input));
                return true;
            case PickleOpcode.EmptySet:
                Push(PickleOpaque.Set);
                return true;
            case PickleOpcode.AddItems:
                stack.PopToMark(ref input);
                CheckOpaque("items are added to a set");
                return true;
            case PickleOpcode.FrozenSet:
                stack.PopToMark(ref input);
                Push(PickleOpaque.Set);
                return true;
            default:
                return false;
        }
    }

    private readonly void Protocol(byte version)
    {
        if (version > 5)
            throw input.Fault($"pickle protocol {version} is not supported; supported are 2 to 5");
    }

    private readonly void Frame(ulong length)
    {
        if (length > (ulong)input.Remaining)
            throw input.Fault($"a frame claims to have {length} bytes, but only {input.Remaining} are left");
    }

    private void PushFromMemo(uint index)
    {
        if (!memo.TryGetValue(index, out var value))
            throw input.Fault($"the memo has no entry {index}");
        Push(value);
    }

    private void Global(string module, string name)
    {
        if (!globals.TryGetValue((module, name), out var global))
        {
            global = PickleGlobals.Find(module, name) ?? throw input.Fault(PickleGlobals.Refusal(module, name));
            if (globals.Count >= MaxGlobals)
                throw input.Fault($"more than {MaxGlobals} globals");
            globals.Add((module, name), global);
        }

        Push(global);
    }

    private void StackGlobal()
    {
        var name = stack.Pop(ref input);
        if (stack.Pop(ref input) is not string module || name is not string text)
            throw input.Fault("the name of a global is not a string");
        if (module.Length > limits.MaxNameBytes || text.Length > limits.MaxNameBytes)
            throw input.Fault($"the name of a global is longer than {limits.MaxNameBytes} bytes");
        Global(module, text);
    }

    private void Call()
    {
        var arguments = stack.Pop(ref input);
        var callee = stack.Pop(ref input);
        if (callee is not PickleGlobal global || arguments is not PickleTuple tuple)
            throw input.Fault($"{PickleCalls.Kind(callee)} is called with {PickleCalls.Kind(arguments)}");
        Push(PickleCalls.Call(global, tuple.Items, ref input));
    }

    /// <summary>
    /// Drops the attributes of an object, such as a state dict's <c>_metadata</c>: they are not needed.
    /// </summary>
    private void Build()
    {
        stack.Pop(ref input);
        if (stack.Top(ref input) is not PickleDict)
            CheckOpaque("attributes are given to");
    }

    /// <summary>Refuses an action unless the top value is one whose content is dropped anyway.</summary>
    private void CheckOpaque(string action)
    {
        var target = stack.Top(ref input);
        if (target is not PickleOpaque)
            throw input.Fault($"{action} {PickleCalls.Kind(target)}");
    }

    private void Append(object?[] items)
    {
        var target = stack.Top(ref input);
        if (target is PickleList list)
            list.Items.AddRange(items);
        else
            CheckOpaque("items are appended to");
    }

    private void SetItems(object?[] items)
    {
        var target = stack.Top(ref input);
        if (items.Length % 2 != 0)
            throw input.Fault("a key without a value");
        if (target is not PickleDict dict)
        {
            CheckOpaque("keys are set on");
            return;
        }

        for (var i = 0; i < items.Length; i += 2)
            dict.Items.Add(new(items[i], items[i + 1]));
    }

    private void Push(object? value) => stack.Push(value, ref input);

    private readonly Errors.ServingException Unsupported(PickleOpcode opcode) =>
        input.Fault(
            Enum.IsDefined(opcode)
                ? $"the opcode {opcode.ToString().ToUpperInvariant()} is not on the list of opcodes that may be read"
                : $"0x{(byte)opcode:x2} is not a pickle opcode"
        );
}
