import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { ProblemError } from "../api/client";
import { keys } from "../api/queries";
import { logIn } from "../api/verbs";
import { Logo } from "../components/Logo";
import { Problem } from "../components/Problem";
import { useTab } from "../lib/tab";

export function LoginRoute() {
  useTab("Log in");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({
    mutationFn: () => logIn(name, password),
    meta: { ownProblem: true },
    onSuccess: (me) => {
      client.clear();
      client.setQueryData(keys.me, me);
      const next = params.get("next");
      void navigate(next?.startsWith("/") && !next.startsWith("//") ? next : "/", { replace: true });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  const field = login.error instanceof ProblemError ? login.error.field : null;
  return (
    <main className="login">
      <form onSubmit={submit}>
        <Logo size={44} />
        <h1>Tradewind</h1>
        <label>
          Username
          <input name="username" autoComplete="username" autoFocus required value={name} aria-invalid={field === "username"} onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required value={password} aria-invalid={field === "password"} onChange={(event) => setPassword(event.target.value)} />
        </label>
        {login.error && <Problem error={login.error} />}
        <button className="button primary" type="submit" disabled={login.isPending}>
          {login.isPending ? "Logging in…" : "Log in"}
        </button>
      </form>
    </main>
  );
}
